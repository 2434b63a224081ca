//! Texts of the real `ansible-vault`, and what may go wrong with them.

use super::*;

/// Made by `ansible-vault encrypt` of ansible-core 2.19; the secret is `pässwörd`.
const ANSIBLE_1_1: &str = "\
$ANSIBLE_VAULT;1.1;AES256
36646163653931393662626565636336623663396366316436363336333330346565666230366338
3033383231333631333832623865623231333564353861320a643037383430613235356165343566
64643537623633633630366634643732336339336638333837643332626161343834333937366334
6265353935626538330a363930323139663238346261376139643235623838646561346431666464
3639
";

/// Made by `ansible-vault encrypt --encrypt-vault-id dev`; the secret is `dev-secret`.
const ANSIBLE_1_2: &str = "\
$ANSIBLE_VAULT;1.2;AES256;dev
66313363643430386537356464393461326563326265346135316439653536373237356662353337
3963353331376635383165383039653933613163366432660a306563333836636166333836393263
64646162346238646364666662623938393231316637343531636537313239366132346364383162
3433363432386339340a313831663265303763633266616365316639396432313862633866666466
3065
";

fn vault(secrets: &[(&str, &str)]) -> Vault {
    let mut all = VaultSecrets::default();
    secrets.iter().for_each(|(id, secret)| all.add(Some(id), Secret::new(*secret)));
    Vault::new(all)
}

#[test]
fn what_ansible_encrypted_is_opened() {
    assert_eq!(vault(&[("default", "pässwörd")]).decrypt(ANSIBLE_1_1).unwrap(), b"hello\nworld\n");
    assert_eq!(vault(&[("dev", "dev-secret")]).decrypt(ANSIBLE_1_2).unwrap(), b"hello\nworld\n");
}

#[test]
fn the_text_is_ansibles_to_the_byte_for_the_same_salt() {
    for (text, id, secret) in [
        (ANSIBLE_1_1, None, "pässwörd"),
        (ANSIBLE_1_1, Some("default"), "pässwörd"),
        (ANSIBLE_1_2, Some("dev"), "dev-secret"),
    ] {
        let salt = Sealed::parse(text).unwrap().salt;
        assert_eq!(encrypt_salted(b"hello\nworld\n", id, &Secret::new(secret), &salt), text);
    }
}

#[test]
fn every_secret_is_tried_that_of_the_named_id_first() {
    let both = vault(&[("default", "wrong"), ("prod", "dev-secret")]);
    assert_eq!(both.decrypt(ANSIBLE_1_2).unwrap(), b"hello\nworld\n");
    let candidates: Vec<usize> = both.secrets.candidates(Some("prod")).map(|(at, _)| at).collect();
    assert_eq!(candidates, [1, 0]);
    assert!(both.strict(true).decrypt(ANSIBLE_1_2).is_err());
}

#[test]
fn the_wrong_password_is_told() {
    let wrong = vault(&[("default", "wrong")]).decrypt(ANSIBLE_1_2).unwrap_err();
    assert_eq!(
        wrong.to_string(),
        "cannot decrypt: the secret of vault id `default` is wrong, or the text was altered"
    );
    assert_eq!(wrong.hint().unwrap(), "it was encrypted with the vault id `dev`: give `--vault-id dev@FILE`");
    let none = vault(&[]).decrypt(ANSIBLE_1_1).unwrap_err();
    assert_eq!(none.to_string(), "an encrypted text was met, but no vault secret was given");
}

#[test]
fn an_altered_text_is_refused() {
    let opener = vault(&[("default", "pässwörd")]);
    let last = ANSIBLE_1_1.trim_end().len() - 1;
    let altered = format!("{}8\n", &ANSIBLE_1_1[..last]);
    assert!(matches!(opener.decrypt(altered), Err(VaultError::NoneFits { .. })));
    assert!(matches!(opener.decrypt(&ANSIBLE_1_1[..last]), Err(VaultError::Damaged(_))));
}

#[test]
fn keys_are_kept() {
    let opener = vault(&[("default", "pässwörd")]);
    for _ in 0..3 {
        opener.decrypt(ANSIBLE_1_1).unwrap();
    }
    assert_eq!(opener.keys.lock().len(), 1);
}

#[test]
fn each_text_has_its_own_salt() {
    let secret = Secret::new("s");
    let (one, two) = (encrypt(b"x", None, &secret), encrypt(b"x", None, &secret));
    assert_ne!(one, two);
    assert_eq!(vault(&[("default", "s")]).decrypt(one).unwrap(), b"x");
}

#[test]
fn a_secret_is_never_shown() {
    let shown = format!("{:?}", vault(&[("dev", "hunter2")]));
    assert!(shown.contains("dev") && !shown.contains("hunter2"), "{shown}");
}
