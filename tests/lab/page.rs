//! The page of the sample report in chromium: it renders in time, requests nothing, reports no error, fits any width, and
//! its controls work, in light and in dark.

#[path = "browser.rs"]
mod browser;

use std::fs;
use std::time::{Duration, Instant};

use browser::{Browser, Outcome};
use serde_json::json;

const READY: &str = "document.querySelectorAll('#errors path').length > 0";
const MEGABYTE: u64 = 1 << 20;

#[test]
fn the_page_works() -> Outcome {
    let folder = tempfile::tempdir()?;
    extremum_lab::sample().write(folder.path())?;
    let page = folder.path().join("report.html");
    assert!(fs::metadata(&page)?.len() < 5 * MEGABYTE);

    let mut browser = Browser::start(folder.path())?;
    for scheme in ["light", "dark"] {
        for width in [1600, 360] {
            browser.look(scheme, width)?;
            let start = Instant::now();
            browser.open(&format!("file://{}", page.display()))?;
            while browser.value(READY)? != json!(true) {
                assert!(start.elapsed() < Duration::from_secs(2), "not drawn after 2 s");
            }
            println!("{scheme}, {width} px: drawn after {:?}", start.elapsed());
            check_layout(&mut browser, width)?;
            check_theme(&mut browser, scheme)?;
            check_charts(&mut browser)?;
            check_profiles(&mut browser)?;
            check_tables(&mut browser)?;
            check_layout(&mut browser, width)?;
        }
    }
    browser.check_log()
}

fn check_layout(browser: &mut Browser, width: u64) -> Outcome {
    assert_eq!(browser.value("innerWidth")?, json!(width));
    let wide = browser.value("document.documentElement.scrollWidth")?;
    assert!(wide.as_u64() <= Some(width), "{wide} pixels wide of {width}");
    // Every label is inside its drawing.
    let clipped = "[...document.querySelectorAll('figure svg text')].filter(text => {
        const [inner, outer] = [text, text.ownerSVGElement].map(node => node.getBoundingClientRect());
        return inner.left < outer.left - 1 || inner.right > outer.right + 1 || inner.top < outer.top - 1 || inner.bottom > outer.bottom + 1;
    }).map(text => text.textContent).join()";
    assert_eq!(browser.value(clipped)?, json!(""));
    Ok(())
}

fn check_theme(browser: &mut Browser, scheme: &str) -> Outcome {
    let background = browser.value("getComputedStyle(document.body).backgroundColor")?;
    let expected = if scheme == "dark" { "rgb(21, 24, 28)" } else { "rgb(255, 255, 255)" };
    assert_eq!(background, json!(expected));
    // A name is text, never markup.
    assert_eq!(browser.value("document.querySelectorAll('main b, main i').length")?, json!(0));
    Ok(())
}

fn check_charts(browser: &mut Browser) -> Outcome {
    let label = "document.querySelector('#errors .x-label').textContent";
    let line = "document.querySelector('#errors [data-solver=\"3\"] path').getAttribute('d')";
    let [first, before] = [browser.value(label)?, browser.value(line)?];
    assert_eq!(first, json!("iterations"));
    // The sample starts at one evaluation and takes less than a whole one per step.
    browser.choose("axis", "evaluations")?;
    assert_eq!(browser.value(label)?, json!("evaluations"));
    assert_ne!(browser.value(line)?, before);
    browser.choose("x-scale", "log")?;
    let logarithmic = browser.value(line)?;
    browser.choose("problem", "1")?;
    assert_ne!(browser.value(line)?, logarithmic);
    assert_eq!(browser.value("document.querySelectorAll('#errors .window').length")?, json!(1));

    let of_solver = "document.querySelectorAll('#errors [data-solver=\"0\"]').length";
    let button = "#legend button[data-solver=\"0\"]";
    let pressed = format!("document.querySelector('{button}').getAttribute('aria-pressed')");
    assert!(browser.value(of_solver)?.as_u64() > Some(0));
    browser.click(button)?;
    assert_eq!(browser.value(of_solver)?, json!(0));
    assert_eq!(browser.value(&pressed)?, json!("false"));
    browser.click(button)?;
    assert!(browser.value(of_solver)?.as_u64() > Some(0));
    Ok(())
}

fn check_profiles(browser: &mut Browser) -> Outcome {
    let line = "document.querySelector('#performance path[d]').parentNode.parentNode.textContent
        + [...document.querySelectorAll('#performance [data-solver] path')].map(path => path.getAttribute('d')).join()";
    let failures = "document.querySelector('#performance .key').textContent";
    let [before, few] = [browser.value(line)?, browser.value(failures)?];
    assert!(few.as_str().is_some_and(|text| text.contains(" of 105 failed")), "{few}");
    browser.choose("tolerance", "1e-9")?;
    assert_ne!(browser.value(line)?, before);
    assert_ne!(browser.value(failures)?, few);
    browser.choose("profile-axis", "seconds")?;
    let label = browser.value("document.querySelector('#ecdf .x-label').textContent")?;
    assert_eq!(label, json!("time in seconds"));
    Ok(())
}

fn check_tables(browser: &mut Browser) -> Outcome {
    let names = |column: u64| {
        format!(
            "[...document.querySelectorAll('#rates tbody tr:not([hidden]) td:nth-child({column})')].map(cell => cell.textContent)"
        )
    };
    let sorted = "document.querySelector('#rates th:nth-child(2)').getAttribute('aria-sort')";
    let before = browser.value(&names(2))?;
    assert_eq!(before.as_array().map(Vec::len), Some(350));
    browser.click("#rates th:nth-child(2) button")?;
    assert_eq!(browser.value(sorted)?, json!("ascending"));
    assert_eq!(browser.value(&format!("{}[0]", names(2)))?, json!("Barzilai-Borwein"));
    browser.click("#rates th:nth-child(2) button")?;
    assert_eq!(browser.value(sorted)?, json!("descending"));
    assert_eq!(browser.value(&format!("{}[0]", names(2)))?, json!("Newton"));
    browser.value(
        "const input = document.querySelector('#rates input'); input.value = 'watson nesterov'; input.dispatchEvent(new Event('input'))",
    )?;
    // One of the seven names is Watson, five times.
    assert_eq!(browser.value(&format!("{}.length", names(1)))?, json!(5));
    let open = "document.querySelectorAll('details').forEach(details => { details.open = true })";
    browser.value(open)?;
    let rows = "document.querySelectorAll('#runs tbody tr').length";
    let start = Instant::now();
    while browser.value(rows)? != json!(1050) {
        assert!(start.elapsed() < Duration::from_secs(2), "no table of runs after 2 s");
    }
    Ok(())
}
