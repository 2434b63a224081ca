//! The short `sh` script that finds the cached worker on a host and executes it, or says what it
//! needs and reads the binary from its own stdin. POSIX shell only, one line, free of single
//! quotes, backslashes and exclamation marks: so every login shell hands it to `sh` unharmed.

/// What the script must know.
#[derive(Clone, Debug, Default)]
pub struct Bootstrap<'a> {
    /// Hexadecimal SHA-256 of the worker's binary, which is its name in the cache.
    pub sha256: &'a str,
    /// Bytes of the binary.
    pub size: u64,
    /// Whether to pass over a cached worker, because it did not run.
    pub renew: bool,
    /// A binary to run without looking further, if it can be executed.
    pub direct: Option<&'a str>,
    /// Sets `LC_ALL` back to what it was, or unsets it.
    pub locale: Option<Option<&'a str>>,
}

/// What a line of the script's output says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// The worker's frames follow.
    Run,
    /// The binary is to be sent: kernel, processor, whether `gzip` is there, and where it will be kept.
    Need {
        /// As `uname -s` names it.
        system: String,
        /// As `uname -m` names it.
        machine: String,
        /// Whether the binary may come compressed.
        gzip: bool,
        /// The directory it goes to.
        directory: String,
    },
    /// The binary could not be stored in this directory; the next one is tried.
    Full(String),
    /// No directory would do.
    NoPlace,
    /// Something else wrote to stdout, e.g. a start-up file of the login shell.
    Noise,
}

impl Bootstrap<'_> {
    /// The script itself.
    pub fn script(&self) -> String {
        let Self { sha256, size, .. } = self;
        let mut script = String::new();
        match self.locale {
            Some(Some(locale)) if plain(locale) => script += &format!("LC_ALL={locale}; export LC_ALL; "),
            Some(_) => script += "unset LC_ALL; ",
            None => {}
        }
        script += &format!("h={sha256}; n={size}; m=; ");
        script += "run() { echo baton-$h:run; [ -z \"$m\" ] || umask $m; exec \"$1\" worker; }; ";
        if let Some(path) = self.direct.filter(|path| plain(path)) {
            script += &format!("if [ -x {path} ]; then run {path}; fi; ");
        }
        let home = "${XDG_CACHE_HOME:-${HOME:-.}/.cache}/baton";
        let places = format!("for d in \"{home}\" /var/tmp/baton-$u /tmp/baton-$u; do ");
        let absolute = "case $d in /*) ;; *) continue;; esac; [ -h \"$d\" ] && continue; ";
        if !self.renew {
            // The usual place first, with one process less than it takes where the shell knows no `-O`.
            script += &format!("d=\"{home}\"; case $d in /*) ");
            script += "if [ -h \"$d\" ]; then :; elif [ -O \"$d\" ] 2>/dev/null && [ -O \"$d/$h\" ] && [ -x \"$d/$h\" ]; then ";
            script += "set -- $(cd \"$d\" 2>/dev/null && LC_ALL=C ls -ldn . ./$h 2>/dev/null); ";
            script +=
                "case $1${10} in drwx------*-r-x------*) [ \"${14}\" = $n ] && run \"$d/$h\";; esac; fi;; ";
            script += "esac; ";
        }
        script += "m=$(umask); umask 077; u=$(id -u); ";
        if !self.renew {
            script += &places;
            script += absolute;
            script += "set -- $(cd \"$d\" 2>/dev/null && LC_ALL=C ls -ldn . ./$h 2>/dev/null); ";
            script += "case $1${10} in drwx------*-r-x------*) if [ \"$3\" = $u ] && [ \"${12}\" = $u ] ";
            script += "&& [ \"${14}\" = $n ] && [ -x \"$d/$h\" ]; then run \"$d/$h\"; fi;; esac; done; ";
        }
        script += &places;
        script += absolute;
        script += "mkdir -p \"$d\" 2>/dev/null || continue; [ -h \"$d\" ] && continue; ";
        script += "set -- $(cd \"$d\" 2>/dev/null && LC_ALL=C ls -ldn . 2>/dev/null); ";
        script += "case $1 in drwx------*) ;; *) continue;; esac; [ \"$3\" = $u ] || continue; ";
        // An empty file that can be executed is an empty script, except where the mount forbids it.
        script += "t=$d/new-$$; rm -f \"$t\"; true 2>/dev/null >\"$t\" || continue; ";
        script += "chmod 700 \"$t\"; \"$t\" 2>/dev/null </dev/null || { rm -f \"$t\"; continue; }; ";
        script += "z=raw; command -v gzip >/dev/null 2>&1 && z=gzip; ";
        script += "echo baton-$h:need $(uname -sm) $z \"$d\"; read z c || exit 1; ";
        script += "if [ $z = gzip ]; then head -c $c | { gzip -dc; cat >/dev/null; } >\"$t\"; ";
        script += "else head -c $c | { cat; cat >/dev/null; } >\"$t\"; fi 2>/dev/null; ";
        script += "set -- $(LC_ALL=C ls -ln \"$t\"); ";
        script +=
            "if [ \"$5\" = $n ] && chmod 500 \"$t\" && mv -f \"$t\" \"$d/$h\"; then run \"$d/$h\"; fi; ";
        script += "rm -f \"$t\"; echo baton-$h:full \"$d\"; done; echo baton-$h:noplace; exit 1";
        script
    }

    /// The script as one command line for any login shell.
    pub fn command(&self) -> String {
        format!("exec sh -c '{}'", self.script())
    }
}

/// What a line on the script's stdout says.
pub fn said(line: &str, sha256: &str) -> Said {
    let line = line.trim_end_matches(['\r', '\n']);
    let mark = format!("baton-{sha256}:");
    // A start-up file's output may lack its line end, so the mark may stand anywhere.
    let Some(at) = line.find(&mark) else { return Said::Noise };
    let (word, rest) = line[at + mark.len()..].split_once(' ').unwrap_or((&line[at + mark.len()..], ""));
    let mut words = rest.splitn(4, ' ');
    let mut next = || words.next().unwrap_or_default().to_owned();
    match word {
        "run" => Said::Run,
        "need" => Said::Need { system: next(), machine: next(), gzip: next() == "gzip", directory: next() },
        "full" => Said::Full(rest.to_owned()),
        "noplace" => Said::NoPlace,
        _ => Said::Noise,
    }
}

/// The answer to `need`: how many bytes follow, and how they are packed.
pub fn announce(gzip: bool, bytes: usize) -> String {
    format!("{} {bytes}\n", if gzip { "gzip" } else { "raw" })
}

/// Whether a word needs no quotes in any shell.
fn plain(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-@+".contains(&b))
}

#[cfg(test)]
mod tests;
