//! Secrets and outputs of a build.

use std::path::PathBuf;

use crate::args::Secret;
use crate::docker::Reference;
use crate::docker::build::{self, Output, Source};
use crate::{Fail, args, choices};

args! {
    /// A secret for the commands of a build.
    pub struct BuildSecret {
        /// Its name; a command that mounts it finds it in `/run/secrets`.
        id: String,
        /// Where it comes from.
        r#type: SecretType,
        /// With `type: file`, the file on the target.
        src: Option<PathBuf>,
        /// With `type: env`, the variable of the target's environment.
        env: Option<String>,
        /// With `type: value`, the secret itself; it is handed over in a private file.
        value: Option<Secret>,
    }
    rules [
        RequiredIf("type", "file", &["src"]),
        RequiredIf("type", "env", &["env"]),
        RequiredIf("type", "value", &["value"]),
    ]
}

choices! {
    /// Where a secret comes from.
    pub enum SecretType {
        /// A file of the target.
        File = "file",
        /// A variable of the target's environment.
        Env = "env",
        /// The playbook.
        Value = "value",
    }
}

args! {
    /// Where the result of a build goes.
    pub struct BuildOutput {
        /// The kind of place.
        r#type: OutputType,
        /// The directory or file to write.
        dest: Option<PathBuf>,
        /// With `type: docker`, the context of the docker command to load it in.
        context: Option<String>,
        /// With `type: image`, its names; else those of the build.
        name: Vec<String> = "",
        /// With `type: image`, whether it is pushed.
        push: bool = false,
    }
    rules [
        RequiredIf("type", "local", &["dest"]),
        RequiredIf("type", "tar", &["dest"]),
        RequiredIf("type", "oci", &["dest"]),
    ]
}

choices! {
    /// The kind of place where the result of a build goes.
    pub enum OutputType {
        /// Files in a directory.
        Local = "local",
        /// Files in an archive.
        Tar = "tar",
        /// An image in an archive of the open kind.
        Oci = "oci",
        /// An image in an archive of docker's kind, or loaded.
        Docker = "docker",
        /// An image.
        Image = "image",
    }
}

impl BuildSecret {
    /// As the build takes it.
    pub(super) fn taken(&self) -> Result<build::Secret, Fail> {
        if self.id.is_empty() || self.id.contains(',') {
            return Err(Fail::new(format!("expected the name of a secret, found `{}`", self.id)));
        }
        let source = match self.r#type {
            SecretType::File => self.src.clone().map(Source::File),
            SecretType::Env => self.env.clone().map(Source::Env),
            SecretType::Value => self.value.clone().map(Source::Value),
        };
        let source = source.ok_or_else(|| Fail::new(format!("the secret `{}` has no source", self.id)))?;
        Ok(build::Secret { id: self.id.clone(), source })
    }
}

/// As the build takes them; the build's own names are among them.
pub(super) fn outputs(given: &[BuildOutput], names: &[Reference]) -> Result<Vec<Output>, Fail> {
    let own: Vec<String> = names.iter().map(ToString::to_string).collect();
    let mut all = Vec::new();
    let mut named = given.is_empty();
    for output in given {
        let mut words = format!("type={}", output.r#type);
        if let Some(dest) = &output.dest {
            words += &format!(",dest={}", dest.display());
        }
        if let Some(context) = &output.context {
            words += &format!(",context={context}");
        }
        if output.r#type == OutputType::Image {
            let names = if output.name.is_empty() { &own } else { &output.name };
            named |= own.iter().any(|own| names.contains(own));
            words += &format!(",\"name={}\"", names.join(","));
            words += if output.push { ",push=true" } else { "" };
        }
        all.push(Output(words));
    }
    if !named {
        all.push(Output(format!("type=image,\"name={}\"", own.join(","))));
    }
    Ok(all)
}
