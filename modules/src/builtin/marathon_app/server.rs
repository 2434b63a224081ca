//! Marathon's HTTP API, as far as one application needs it.

use std::io::Read;

use serde_json::Value;

use crate::web::{Request, Response};
use crate::{Fail, Hands};

/// One application on one server.
pub(super) struct Server {
    url: String,
    /// The application's id, with the slash before it.
    pub(super) id: String,
    request: Request,
}

/// The longest answer that is read.
const LIMIT: u64 = 64 << 20;

impl Server {
    pub(super) fn new(url: &str, id: &str, request: Request) -> Self {
        let id = format!("/{}", id.trim_matches('/'));
        let url = url.trim_end_matches('/').trim_end_matches("/v2").to_owned();
        Self { url, id, request }
    }

    fn at(&self, rest: &str) -> String {
        format!("{}/v2/apps{}{rest}", self.url, self.id)
    }

    /// The application; `None` where there is none.
    pub(super) fn app(&self) -> Result<Option<Value>, Fail> {
        let response = self.request.get(&self.at(""), None)?;
        if response.status == 404 {
            return Ok(None);
        }
        let mut answer = self.answer(response)?;
        Ok(Some(answer.get_mut("app").map(Value::take).unwrap_or_default()))
    }

    /// Makes or changes the application; the deployment.
    pub(super) fn put(&self, hands: &mut Hands, app: &Value, force: bool) -> Result<Option<String>, Fail> {
        self.begun(self.request.send(
            hands,
            "PUT",
            &self.at(&format!("?force={force}&partialUpdate=true")),
            Some(app),
        ))
    }

    /// Takes the application away; the deployment.
    pub(super) fn delete(&self, hands: &mut Hands, force: bool) -> Result<Option<String>, Fail> {
        self.begun(self.request.send(hands, "DELETE", &self.at(&format!("?force={force}")), None))
    }

    /// Starts all of the application anew; the deployment.
    pub(super) fn restart(&self, hands: &mut Hands, force: bool) -> Result<Option<String>, Fail> {
        self.begun(self.request.send(hands, "POST", &self.at(&format!("/restart?force={force}")), None))
    }

    fn begun(&self, response: Result<Response, Fail>) -> Result<Option<String>, Fail> {
        let answer = self.answer(response?)?;
        Ok(answer["deploymentId"].as_str().map(str::to_owned))
    }

    /// All deployments that go on.
    pub(super) fn deployments(&self) -> Result<Vec<String>, Fail> {
        let answer = self.answer(self.request.get(&format!("{}/v2/deployments", self.url), None)?)?;
        let all = answer.as_array().into_iter().flatten();
        Ok(all.filter_map(|deployment| deployment["id"].as_str().map(str::to_owned)).collect())
    }

    /// When and why a task of the newest version failed last.
    pub(super) fn newest_failure(&self) -> Result<Option<(String, String)>, Fail> {
        let response = self.request.get(&self.at("?embed=app.lastTaskFailure"), None)?;
        if response.status == 404 {
            return Ok(None);
        }
        let app = &self.answer(response)?["app"];
        let failure = &app["lastTaskFailure"];
        let text = |key: &str| failure[key].as_str().unwrap_or_default();
        if failure.is_null() || failure["version"] != app["version"] || app["tasksRunning"].as_u64() > Some(0)
        {
            return Ok(None);
        }
        let why = format!("{} on `{}`: {}", text("state"), text("host"), text("message"));
        Ok(Some((text("timestamp").to_owned(), why)))
    }

    fn answer(&self, response: Response) -> Result<Value, Fail> {
        let status = response.status;
        let mut body = Vec::new();
        let read = response.body.take(LIMIT).read_to_end(&mut body);
        read.map_err(|e| Fail::io(format!("the answer of `{}` broke off", self.url), &e))?;
        let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        match status {
            200..300 if answer.is_null() => {
                Err(Fail::new(format!("`{}` does not answer as Marathon does", self.url)))
            }
            200..300 => Ok(answer),
            _ => Err(refused(&self.id, status, &response.reason, &answer)),
        }
    }
}

fn refused(id: &str, status: u16, reason: &str, answer: &Value) -> Fail {
    let mut words = answer["message"].as_str().unwrap_or(reason).to_owned();
    for detail in answer["details"].as_array().into_iter().flatten() {
        let errors = detail["errors"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let errors: Vec<&str> = errors.collect();
        words += &format!("\n`{}`: {}", detail["path"].as_str().unwrap_or("/"), errors.join(", "));
    }
    let fail = Fail::new(format!("Marathon refuses `{id}` with {status}: {words}")).with("status", status);
    match status {
        409 => fail.hint("a deployment of it goes on; `force: true` gives that up"),
        401 | 403 => fail.hint("see `url_username` and `url_password`, or `token`"),
        _ => fail,
    }
}
