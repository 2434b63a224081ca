use super::*;

const HASH: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn all() -> Vec<String> {
    let plain = Bootstrap { sha256: HASH, size: 5, ..Bootstrap::default() };
    let renewed = Bootstrap { renew: true, ..plain.clone() };
    let direct = Bootstrap {
        direct: Some("/home/a/.cache/baton/x"),
        locale: Some(Some("de_DE.UTF-8")),
        ..plain.clone()
    };
    [plain, renewed, direct].iter().map(Bootstrap::script).collect()
}

#[test]
fn no_login_shell_finds_anything_to_interpret() {
    for script in all() {
        assert!(!script.contains(['\'', '\\', '!', '\n']), "{script}");
    }
}

#[test]
fn a_path_or_locale_that_would_need_quotes_is_left_out() {
    let odd = Bootstrap {
        sha256: HASH,
        direct: Some("/a b/$(reboot)"),
        locale: Some(Some("C; reboot")),
        ..Bootstrap::default()
    };
    assert!(!odd.script().contains("reboot"));
}

#[test]
fn lines_of_start_up_files_are_noise() {
    assert_eq!(said("Welcome!\n", HASH), Said::Noise);
    assert_eq!(said("baton-other:run\n", HASH), Said::Noise);
    assert_eq!(said(&format!("no line end here baton-{HASH}:run\n"), HASH), Said::Run);
}

#[test]
fn a_need_names_the_machine_and_the_directory() {
    let line = format!("baton-{HASH}:need Linux x86_64 gzip /home/a b/.cache/baton\n");
    let need = Said::Need {
        system: "Linux".into(),
        machine: "x86_64".into(),
        gzip: true,
        directory: "/home/a b/.cache/baton".into(),
    };
    assert_eq!(said(&line, HASH), need);
}
