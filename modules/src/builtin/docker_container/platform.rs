//! Platforms, as `linux/amd64` or `linux/arm/v7`, in one of their several spellings.

use serde_json::Value;

/// The one spelling of a platform; what is left out is the engine's own.
pub(super) fn normal(platform: &str, engine: &Value) -> String {
    let own = |name: &str| engine[name].as_str().unwrap_or_default().to_owned();
    let parts: Vec<String> = platform.split('/').map(str::to_ascii_lowercase).collect();
    let (os, arch, variant) = match &parts[..] {
        [one] if is_system(one) => (one.clone(), own("Architecture"), String::new()),
        [one] => (own("OSType"), one.clone(), String::new()),
        [os, arch] => (os.clone(), arch.clone(), String::new()),
        [os, arch, variant, ..] => (os.clone(), arch.clone(), variant.clone()),
        [] => (own("OSType"), own("Architecture"), String::new()),
    };
    spelled(&os, &arch, &variant)
}

/// The platform of an image.
pub(super) fn of_image(image: &Value) -> Option<String> {
    let part = |name: &str| image[name].as_str().unwrap_or_default().to_ascii_lowercase();
    let (os, arch, variant) = (part("Os"), part("Architecture"), part("Variant"));
    (!os.is_empty() && !arch.is_empty()).then(|| spelled(&os, &arch, &variant))
}

fn spelled(os: &str, arch: &str, variant: &str) -> String {
    let os = if os == "macos" { "darwin" } else { os };
    let (arch, variant) = match (arch, variant) {
        ("i386", _) => ("386", ""),
        ("x86_64" | "x86-64" | "amd64", "" | "v1") => ("amd64", ""),
        ("x86_64" | "x86-64", other) => ("amd64", other),
        ("aarch64" | "arm64", "" | "8" | "v8") => ("arm64", ""),
        ("armhf", _) | ("arm", "" | "7") => ("arm", "v7"),
        ("armel", _) | ("arm", "6") => ("arm", "v6"),
        ("arm", "5") => ("arm", "v5"),
        other => other,
    };
    let parts = [os, arch, variant];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
}

fn is_system(word: &str) -> bool {
    ["linux", "windows", "darwin", "macos", "freebsd", "openbsd", "netbsd", "solaris", "illumos"]
        .contains(&word)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn spellings_of_a_platform_are_one() {
        let engine = json!({"OSType": "linux", "Architecture": "x86_64"});
        for text in ["linux/amd64", "amd64", "linux", "Linux/x86_64", "linux/amd64/v1"] {
            assert_eq!(normal(text, &engine), "linux/amd64", "{text}");
        }
        assert_eq!(normal("linux/arm", &engine), "linux/arm/v7");
        let image = json!({"Os": "linux", "Architecture": "arm64", "Variant": "v8"});
        assert_eq!(of_image(&image).as_deref(), Some("linux/arm64"));
        assert_eq!(of_image(&json!({})), None);
    }
}
