//! What `README.md` promises a newcomer with three SSH hosts, with its own playbook and inventory.

use crate::host::{address, look, variable};
use crate::test::Test;

#[test]
fn the_first_page_works_on_three_hosts() {
    let mut inventory = include_str!("../../inventories/three.ini").to_owned();
    for (written, host) in [("192.0.2.11", "lab1"), ("192.0.2.12", "lab2"), ("192.0.2.21", "lab3")] {
        assert!(inventory.contains(written), "{inventory}");
        inventory = inventory.replace(written, &address(host));
    }
    inventory += &format!(
        "ansible_ssh_private_key_file={}\nansible_ssh_common_args='-o UserKnownHostsFile={}'\n",
        variable("LAB_KEY"),
        variable("LAB_KNOWN_HOSTS")
    );
    let site = || {
        let test = Test::new().file("playbooks/site.yml", include_str!("../../playbooks/site.yml"));
        test.file("inventories/three.ini", &inventory).args([
            "run",
            "playbooks/site.yml",
            "-i",
            "inventories/three.ini",
            "--no-log",
        ])
    };
    let looked = "test -d /opt/app && cat /etc/motd || echo none";
    let checked = site().args(["--check", "--diff"]).run();
    assert!(checked.stdout.contains("3 ok, 2 changed"), "{}", checked.stdout);
    assert_eq!(look("lab2", looked), "none");
    let made = site().run();
    assert!(made.stdout.contains("db1, web1, web2  3 ok, 2 changed"), "{}", made.stdout);
    assert_eq!(look("lab2", looked), "web2 (Debian) is kept by baton");
    assert_eq!(look("lab3", looked), "db1 (Debian) is kept by baton");
    let again = site().run();
    assert!(again.stdout.contains("db1, web1, web2  3 ok, 0 changed"), "{}", again.stdout);
}
