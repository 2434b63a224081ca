//! The look-up `url`.

use std::io::Read;
use std::path::Path;

use baton_modules::args::Args as _;
use baton_modules::web::Request;
use serde_json::{Map, Value as Json};

use super::super::files;
use super::super::session::Session;
use super::super::{Args, TemplateError, Value, is_truthy};
use super::{Found, Lookup};

/// This family.
pub(super) const LOOKUPS: &[Lookup] = &[Lookup { name: "url", doc: "What is at an address.", run: url }];

/// More than this is no text for a template.
const MOST: u64 = 256 << 20;

/// Options that variables give too, after `ansible_lookup_url_`, and what they are called here.
const BY_VARIABLES: [(&str, &str); 3] =
    [("agent", "http_agent"), ("timeout", "timeout"), ("force_basic_auth", "force_basic_auth")];

fn url(session: &Session<'_>, terms: Vec<Value>, mut args: Args) -> Found {
    let lines = args.take("split_lines").is_none_or(|v| v.to_bool().unwrap_or_else(|| is_truthy(&v)));
    let use_netrc = args.take("use_netrc").is_none_or(|v| v.to_bool().unwrap_or_else(|| is_truthy(&v)));
    for ignored in ["follow_redirects", "use_gssapi", "force", "unredirected_headers"] {
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
    let mut options: Map<String, Json> = options.collect();
    for (variable, option) in BY_VARIABLES {
        if let Some(value) = session.settled_variable(&format!("ansible_lookup_url_{variable}"))? {
            options.entry(option).or_insert_with(|| value.to_json());
        }
    }
    let request = Request::parse(&options).map_err(|problems| {
        let words: Vec<String> = problems.iter().map(ToString::to_string).collect();
        TemplateError::failed(words.join(", "))
    })?;
    let mut out = Vec::new();
    for term in terms {
        let text = page(&request, &term.to_text(), use_netrc)?;
        match lines {
            true => out.extend(text.lines().map(Value::from)),
            false => out.push(Value::from(text)),
        }
    }
    Ok(out)
}

fn page(request: &Request, address: &str, use_netrc: bool) -> Result<String, TemplateError> {
    let netrc = std::env::var("NETRC").unwrap_or_else(|_| "~/.netrc".into());
    let netrc = files::expand_user(&netrc);
    let (request, address) = request.logged_in(address, use_netrc.then_some(Path::new(&netrc)));
    let failed = |why: String| TemplateError::failed(format!("cannot get `{address}`: {why}"));
    let response = request.get(&address, None).map_err(|e| failed(e.message))?;
    if response.status >= 400 {
        return Err(failed(format!("the server answered {} {}", response.status, response.reason)));
    }
    let mut data = Vec::new();
    response.body.take(MOST).read_to_end(&mut data).map_err(|e| failed(e.to_string()))?;
    Ok(String::from_utf8_lossy(&data).into_owned())
}
