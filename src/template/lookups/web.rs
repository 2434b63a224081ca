//! The look-up `url`.

use std::io::Read;

use baton_modules::args::Args as _;
use baton_modules::web::Request;

use super::super::session::Session;
use super::super::{Args, TemplateError, Value, is_truthy};
use super::{Found, Lookup};

/// This family.
pub(super) const LOOKUPS: &[Lookup] = &[Lookup { name: "url", doc: "What is at an address.", run: url }];

/// More than this is no text for a template.
const MOST: u64 = 256 << 20;

fn url(_: &Session<'_>, terms: Vec<Value>, mut args: Args) -> Found {
    let lines = args.take("split_lines").is_none_or(|v| v.to_bool().unwrap_or_else(|| is_truthy(&v)));
    for ignored in ["follow_redirects", "use_gssapi", "use_netrc", "force", "unredirected_headers"] {
        args.take(ignored);
    }
    let options = args.named.iter().map(|(name, value)| {
        let name = match &**name {
            "username" => "url_username",
            "password" => "url_password",
            other => other,
        };
        (name.to_owned(), value.to_json())
    });
    let request = Request::parse(&options.collect()).map_err(|problems| {
        let words: Vec<String> = problems.iter().map(ToString::to_string).collect();
        TemplateError::failed(words.join(", "))
    })?;
    let mut out = Vec::new();
    for term in terms {
        let text = page(&request, &term.to_text())?;
        match lines {
            true => out.extend(text.lines().map(Value::from)),
            false => out.push(Value::from(text)),
        }
    }
    Ok(out)
}

fn page(request: &Request, address: &str) -> Result<String, TemplateError> {
    let failed = |why: String| TemplateError::failed(format!("cannot get `{address}`: {why}"));
    let response = request.get(address, None).map_err(|e| failed(e.message))?;
    if response.status >= 400 {
        return Err(failed(format!("the server answered {} {}", response.status, response.reason)));
    }
    let mut data = Vec::new();
    response.body.take(MOST).read_to_end(&mut data).map_err(|e| failed(e.to_string()))?;
    Ok(String::from_utf8_lossy(&data).into_owned())
}
