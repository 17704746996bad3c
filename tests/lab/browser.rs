//! Chromium without a window, by the DevTools protocol: <https://chromedevtools.github.io/devtools-protocol/>.

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Message, WebSocket};

pub type Outcome<T = ()> = Result<T, Box<dyn Error>>;

pub struct Browser {
    process: Child,
    socket: WebSocket<MaybeTlsStream<TcpStream>>,
    session: Option<String>,
    calls: u64,
    /// Requests that were not for files, exceptions, and messages of the console.
    complaints: Vec<String>,
}

impl Browser {
    pub fn start(folder: &Path) -> Outcome<Self> {
        let mut process = Command::new("chromium")
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"])
            .args(["--disable-background-networking", "--remote-debugging-port=0"])
            .arg(format!("--user-data-dir={}", folder.join("profile").display()))
            .stderr(Stdio::piped())
            .spawn()?;
        let errors = process.stderr.take().ok_or("no standard error")?;
        let address = BufReader::new(errors)
            .lines()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("DevTools listening on ").map(str::to_owned))
            .ok_or("chromium has no DevTools")?;
        let (socket, _) = tungstenite::connect(address)?;
        if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
            stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        }
        let mut browser = Self { process, socket, session: None, calls: 0, complaints: Vec::new() };
        let target = browser.call("Target.createTarget", json!({"url": "about:blank"}))?;
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let attached = browser.call("Target.attachToTarget", attach)?;
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Network", "Runtime", "Log"] {
            browser.call(&format!("{domain}.enable"), json!({}))?;
        }
        Ok(browser)
    }

    pub fn look(&mut self, scheme: &str, width: u64) -> Outcome {
        let feature = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.call("Emulation.setEmulatedMedia", json!({"features": feature}))?;
        let size = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", size)?;
        Ok(())
    }

    pub fn open(&mut self, url: &str) -> Outcome {
        self.call("Page.navigate", json!({"url": url}))?;
        Ok(())
    }

    /// The value of a script.
    pub fn value(&mut self, script: &str) -> Outcome<Value> {
        // Names that a script declares are its own.
        let block =
            if script.starts_with("const") { format!("{{ {script} }}") } else { script.into() };
        let call = json!({"expression": block, "returnByValue": true});
        let mut answer = self.call("Runtime.evaluate", call)?;
        match answer.get("exceptionDetails") {
            Some(exception) => Err(format!("{script}: {exception}").into()),
            None => Ok(answer["result"]["value"].take()),
        }
    }

    pub fn click(&mut self, selector: &str) -> Outcome {
        self.value(&format!("document.querySelector('{selector}').click()"))?;
        Ok(())
    }

    pub fn choose(&mut self, name: &str, value: &str) -> Outcome {
        self.value(&format!(
            "const select = document.querySelector('select[name={name}]');
            select.value = [...select.options].find(option => option.value === '{value}' || option.text === '{value}').value;
            select.dispatchEvent(new Event('change'))"
        ))?;
        Ok(())
    }

    /// No message, no exception and no request beyond files.
    pub fn check_log(self) -> Outcome {
        if self.complaints.is_empty() { Ok(()) } else { Err(self.complaints.join("\n").into()) }
    }

    fn call(&mut self, method: &str, parameters: Value) -> Outcome<Value> {
        self.calls += 1;
        let mut message = json!({"id": self.calls, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.socket.send(Message::text(message.to_string()))?;
        loop {
            let Message::Text(text) = self.socket.read()? else { continue };
            let mut answer: Value = serde_json::from_str(&text)?;
            if answer["id"] == json!(self.calls) {
                return match answer.get("error") {
                    Some(error) => Err(format!("{method}: {error}").into()),
                    None => Ok(answer["result"].take()),
                };
            }
            self.note(&answer);
        }
    }

    fn note(&mut self, event: &Value) {
        let wrong = match event["method"].as_str() {
            Some("Network.requestWillBeSent") => {
                let url = event["params"]["request"]["url"].as_str().unwrap_or_default();
                !["file:", "data:,", "about:blank"].iter().any(|allowed| url.starts_with(allowed))
            }
            Some("Runtime.exceptionThrown" | "Runtime.consoleAPICalled" | "Log.entryAdded") => true,
            _ => false,
        };
        if wrong {
            self.complaints.push(event.to_string());
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The profile's folder goes next: nothing may write into it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
