//! The files of a report: what is in them, and that names and numbers of any kind arrive.

use std::error::Error;
use std::fs;

use extremum::convergence::Axis;
use extremum::convergence::report::{Point, Problem, Rate, Report, Run, RunningTime};
use extremum_lab::{PROBLEMS, STARTS, sample};
use serde_json::{Value, json};

type Outcome = Result<(), Box<dyn Error>>;

const NAME: &str = "</script><!-- \"ß\u{2028}\", 'x' & {{data}}";

/// One run of these errors.
fn small(errors: &[f64]) -> Report {
    let points = errors.iter().enumerate();
    let curve =
        points.map(|(k, &e)| Point::new(k as u64, 2 * k as u64, k as f64, 0.1, e)).collect();
    Report {
        title: NAME.into(),
        problems: vec![Problem { name: NAME.into(), n: 1, ..Problem::default() }],
        solvers: vec![NAME.into()],
        runs: vec![Run { gap: Some(f64::NAN), ..Run::of(0, 0, 0, curve) }],
        ..Report::default()
    }
}

/// The data as the page's script reads them.
fn embedded(html: &str) -> Result<Value, Box<dyn Error>> {
    let (_, rest) = html.split_once("id=\"data\">").ok_or("no data")?;
    let (data, _) = rest.split_once("</script>").ok_or("no end of the data")?;
    Ok(serde_json::from_str(data)?)
}

#[test]
fn names_and_numbers_arrive() -> Outcome {
    let html = small(&[1.0, f64::INFINITY, 0.123_456]).html()?;
    let data = embedded(&html)?;
    assert_eq!(data["title"], NAME);
    assert_eq!(data["solvers"][0], NAME);
    assert_eq!(data["runs"][0]["gap"], Value::Null);
    let curve = json!([[0, 0, 0.0, 0.1, 1.0], [1, 2, 1.0, 0.1, null], [2, 4, 2.0, 0.1, 0.1235]]);
    assert_eq!(data["runs"][0]["curve"], curve);
    // The data and the program: nothing else that a browser would run or load.
    assert_eq!(html.matches("<script").count(), 2);
    for address in ["http:", "https:", "src=", "url(", "@import"] {
        let foreign = html.replace("http://www.w3.org/2000/svg", "").replace("url(#", "");
        assert!(!foreign.contains(address), "{address}");
    }
    Ok(())
}

#[test]
fn thin_curves_keep_successive_errors() -> Outcome {
    let errors: Vec<f64> = (0..10_000).map(|k| 0.999_f64.powi(k)).collect();
    let data = embedded(&small(&errors).html()?)?;
    let curve = data["runs"][0]["curve"].as_array().ok_or("no curve")?;
    let iterations: Vec<u64> = curve.iter().filter_map(|point| point[0].as_u64()).collect();
    assert!((40..=60).contains(&iterations.len()), "{}", iterations.len());
    assert_eq!((iterations[0], iterations[iterations.len() - 1]), (0, 9_999));
    assert!(iterations.is_sorted());
    let pairs = iterations.windows(2).filter(|pair| pair[1] == pair[0] + 1).count();
    assert!(pairs >= 20, "{pairs} pairs");
    Ok(())
}

#[test]
fn a_folder_has_every_file() -> Outcome {
    let folder = tempfile::tempdir()?;
    let report = sample();
    report.write(folder.path())?;
    let rows = |name: &str| -> Result<usize, Box<dyn Error>> {
        Ok(csv::Reader::from_path(folder.path().join(name))?
            .records()
            .collect::<Result<Vec<_>, _>>()?
            .len())
    };
    let pairs = PROBLEMS * report.solvers.len();
    assert_eq!(rows("runs.csv")?, pairs * STARTS);
    assert_eq!(rows("rates.csv")?, pairs);
    assert_eq!(rows("running_times.csv")?, report.running_times.len());
    let points = report.profiles.iter().flat_map(|profile| &profile.curves).map(|c| c.points.len());
    assert_eq!(rows("profiles.csv")?, points.sum::<usize>());
    let data: Value = serde_json::from_str(&fs::read_to_string(folder.path().join("data.json"))?)?;
    assert_eq!(data["provenance"]["seed"], u64::MAX.to_string());

    let figures: Vec<_> = fs::read_dir(folder.path().join("figures"))?.collect::<Result<_, _>>()?;
    assert_eq!(figures.len(), PROBLEMS + report.profiles.len());
    for figure in figures {
        let svg = fs::read_to_string(figure.path())?;
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
        assert!(svg.contains("<polyline") && !svg.contains("NaN") && !svg.contains("inf"));
    }
    Ok(())
}

#[test]
fn tables_quote_names_and_leave_fields_empty() -> Outcome {
    let folder = tempfile::tempdir()?;
    small(&[1.0]).write(folder.path())?;
    let mut reader = csv::Reader::from_path(folder.path().join("runs.csv"))?;
    let header = reader.headers()?.clone();
    let record = reader.records().next().ok_or("no run")??;
    assert_eq!((header.len(), &record[0]), (record.len(), NAME));
    assert_eq!((&header[9], &record[9]), ("gap", ""));
    Ok(())
}

#[test]
fn extreme_and_empty_reports_are_written() -> Outcome {
    let folder = tempfile::tempdir()?;
    let extremes = [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e-320, 1e-300, 1e300, f64::MAX];
    for report in [Report::default(), small(&[]), small(&[0.0]), small(&[1.0; 5]), small(&extremes)]
    {
        report.write(folder.path())?;
    }
    Ok(())
}

#[test]
fn records_name_what_is_listed() {
    let rate = Report { rates: vec![Rate { solver: 1, ..Rate::default() }], ..small(&[]) };
    let time = RunningTime {
        problem: 7,
        solver: 0,
        tolerance: 0.1,
        axis: Axis::Seconds,
        value: None,
        successes: 0,
        starts: 1,
    };
    let time = Report { running_times: vec![time], ..small(&[]) };
    let reason = |report: Report| report.html().unwrap_err().to_string();
    assert!(reason(rate).ends_with("there is no solver 1: the report lists 1"));
    assert!(reason(time).ends_with("there is no problem 7: the report lists 1"));
}
