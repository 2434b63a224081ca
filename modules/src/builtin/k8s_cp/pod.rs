//! The other end of a copy: a container, seen through its own tools.

use std::sync::Arc;
use std::time::Duration;

use crate::Fail;
use crate::kubernetes::{ApiError, Client, Exec, Output};
use crate::sorting::Trees;

use super::Sums;

/// A container of a pod.
pub(super) struct Remote {
    pub(super) client: Arc<Client>,
    pub(super) namespace: String,
    pub(super) pod: String,
    pub(super) container: String,
}

/// What stands at a path in a container.
#[derive(Debug, Default)]
pub(super) struct Place {
    /// The path, with the name of what is copied where it goes into a directory.
    pub(super) path: String,
    pub(super) exists: bool,
    pub(super) is_directory: bool,
    pub(super) has_tar: bool,
    pub(super) sums: Sums,
}

/// Looks at a path: `$1` path, `$2` name of what is copied, then the names at the top of it.
const LOOK: &str = r#"p=$1; b=$2; shift 2
command -v tar >/dev/null 2>&1 && echo tar || echo none
case $p in /) ;; */) p=${p%/} ;; esac
if [ -d "$p" ] && [ -n "$b" ]; then
  m=; for n in "$@"; do [ -e "$p/$n" ] && m=1; done
  if [ -d "$p/$b" ] || [ -z "$m" ]; then p=${p%/}/$b; fi
fi
printf '%s\n' "$p"
if [ -d "$p" ]; then echo directory; cd "$p" && find . -type f -exec sha256sum {} + 2>/dev/null
elif [ -e "$p" ]; then echo file; sha256sum < "$p" 2>/dev/null
else echo nothing; fi
exit 0"#;

/// How long a look or a copy may take.
const PATIENCE: Duration = Duration::from_secs(600);

impl Remote {
    /// What is at a path.
    pub(super) fn look(&self, path: &str, base: &str, top: &[&str]) -> Result<Place, Fail> {
        let mut words = vec!["sh", "-c", LOOK, "sh", path, base];
        let mut names = top.to_vec();
        names.dedup();
        words.extend(names.into_iter().take(200));
        let output = self.exec(&words, None)?;
        if output.rc != 0 {
            return Err(self.failed("look at", path, &output));
        }
        read(&String::from_utf8_lossy(&output.stdout)).ok_or_else(|| self.failed("look at", path, &output))
    }

    /// The content of a file.
    pub(super) fn read(&self, path: &str) -> Result<Vec<u8>, Fail> {
        let output = self.exec(&["cat", path], None)?;
        if output.rc == 0 { Ok(output.stdout) } else { Err(self.failed("read", path, &output)) }
    }

    /// Unpacks an archive beneath a directory.
    pub(super) fn unpack(&self, archive: &[u8], root: &str, plain: bool) -> Result<(), Fail> {
        let how = if plain { "xmof" } else { "xmf" };
        let output = self.exec(&["tar", how, "-", "-C", root], Some(archive))?;
        if output.rc == 0 { Ok(()) } else { Err(self.failed("write to", root, &output)) }
    }

    fn exec(&self, words: &[&str], stdin: Option<&[u8]>) -> Result<Output, Fail> {
        let command: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let exec = Exec {
            namespace: &self.namespace,
            pod: &self.pod,
            container: &self.container,
            command: &command,
            ..Exec::default()
        };
        let refused = |said: &str| {
            let place = format!("container `{}` of pod `{}`", self.container, self.pod);
            Fail::new(format!("{place} has no `{}`, which copying needs: {}", words[0], said.trim()))
        };
        match self.client.exec(&exec, stdin, Some(PATIENCE)) {
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stdout).into_owned();
                let missing = [126, 127].contains(&output.rc) && said.contains("exec failed:");
                if missing { Err(refused(&said)) } else { Ok(output) }
            }
            Err(ApiError { message, .. }) if message.contains("executable file not found") => {
                Err(refused(&message))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn failed(&self, what: &str, path: &str, output: &Output) -> Fail {
        let said =
            format!("{}{}", String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
        Fail::new(format!("cannot {what} `{path}` in pod `{}`: {}", self.pod, said.trim()))
            .with("rc", output.rc)
    }
}

/// What the look said.
fn read(said: &str) -> Option<Place> {
    let mut lines = said.lines();
    let has_tar = lines.next()? == "tar";
    let path = lines.next()?.to_owned();
    let kind = lines.next()?;
    let sum = |line: &str| {
        let (sum, name) = line.split_once("  ").or_else(|| line.split_once(" *"))?;
        Some((if name == "-" { "." } else { name.trim_start_matches("./") }.to_owned(), sum.to_owned()))
    };
    let mut sums: Sums = lines.filter_map(sum).to_map();
    if kind == "file" {
        // Without its tool a digest is not known, and equal to none.
        sums.entry(".".to_owned()).or_default();
    }
    Some(Place { path, exists: kind != "nothing", is_directory: kind == "directory", has_tar, sums })
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn a_look_is_read_with_and_without_digests() {
        let place = read("tar\n/a b\ndirectory\nabc  ./x\ndef  ./y/z z\n").unwrap();
        assert!(place.is_directory && place.has_tar && place.exists);
        assert_eq!(
            place.sums.into_iter().collect::<Vec<_>>(),
            [("x".into(), "abc".into()), ("y/z z".into(), "def".into())]
        );
        let file = read("none\n/f\nfile\nabc  -\n").unwrap();
        assert_eq!((file.has_tar, file.sums["."].as_str()), (false, "abc"));
        assert_eq!(read("tar\n/f\nfile\n").unwrap().sums["."], "");
        assert!(!read("tar\n/f\nnothing\n").unwrap().exists);
        assert!(read("sh: broken").is_none());
    }
}
