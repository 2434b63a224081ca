use serde_json::json;

use crate::testing::Sandbox;

const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\nann:x:1000:100:Ann:/home/ann:/bin/sh\n";
const GROUP: &str = "root:x:0:\nusers:x:100:\ndocker:x:900:ann\nwheel:x:901:\n";
const SHADOW: &str = "root:*:19000:0:99999:7:::\nann:$6$old:19000:0:99999:7:::\n";

/// Tools that write the files of the sandbox with the numbers of who runs the tests.
const ADD: &str = r#"
echo "useradd $*" >> $SANDBOX/log
make= home= shell=/bin/sh comment= groups= uid=1001 gid=100
while [ $# -gt 1 ]; do
  case $1 in
  -d) home=$2; shift ;; -s) shell=$2; shift ;; -c) comment=$2; shift ;; -u) uid=$2; shift ;;
  -g) gid=$2; shift ;; -G) groups=$2; shift ;; -K|-e|-f|-k) shift ;;
  -m) make=1 ;;
  esac; shift
done
echo "$1:x:$uid:$gid:$comment:${home:-/home/$1}:$shell" >> $SANDBOX/etc/passwd
echo "$1:!:19000:0:99999:7:::" >> $SANDBOX/etc/shadow
[ -z "$make" ] || { mkdir -p $SANDBOX${home%/*}; cp -r $SANDBOX/etc/skel $SANDBOX$home; chmod 750 $SANDBOX$home; }
for group in $(echo $groups | tr , ' '); do sed -i "s/^\($group:.*:\)$/\1$1/; t; s/^\($group:.*\)$/\1,$1/" $SANDBOX/etc/group; done"#;
const MOD: &str = r#"
echo "usermod $*" >> $SANDBOX/log
for name; do :; done
while [ $# -gt 1 ]; do
  case $1 in
  -s) sed -i "s|^\($name:.*\):[^:]*$|\1:$2|" $SANDBOX/etc/passwd; shift ;;
  -G) sed -i "s/\(:\|,\)$name\b/\1/" $SANDBOX/etc/group
      for group in $(echo $2 | tr , ' '); do sed -i "s/^\($group:x:[0-9]*:\).*$/\1$name/" $SANDBOX/etc/group; done; shift ;;
  -e) sed -i "s/^\($name:.*\)::$/\1:19500:/" $SANDBOX/etc/shadow; shift ;;
  esac; shift
done"#;
const PASSWORD: &str = r#"
IFS=: read -r name hash
echo "chpasswd $* $name" >> $SANDBOX/log
awk -F: -v OFS=: -v n="$name" -v h="$hash" '$1==n{$2=h}{print}' $SANDBOX/etc/shadow > $SANDBOX/new
cat $SANDBOX/new > $SANDBOX/etc/shadow; rm $SANDBOX/new"#;
const DEL: &str = r#"
echo "userdel $*" >> $SANDBOX/log
for name; do :; done
sed -i "/^$name:/d" $SANDBOX/etc/passwd $SANDBOX/etc/shadow"#;

fn sandbox() -> Sandbox {
    let sandbox =
        Sandbox::new("user").file("etc/passwd", PASSWD).file("etc/group", GROUP).file("etc/shadow", SHADOW);
    let sandbox = sandbox.tool("useradd", ADD).tool("usermod", MOD).tool("userdel", DEL);
    sandbox.tool("chpasswd", PASSWORD).tool("chage", "echo \"chage $*\" >> $SANDBOX/log")
}

/// The numbers of who runs the tests: nobody else's may be given to files.
fn ids() -> (u32, u32) {
    (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw())
}

#[test]
fn an_account_without_a_line_in_shadow_is_told_that_it_does_not_end() {
    let sandbox = sandbox().file("etc/shadow", "root:*:19000:0:99999:7:::\n");
    sandbox.run(json!({"name": "ann", "expires": -1, "create_home": false}));
    assert_eq!(sandbox.text("log"), "usermod -e  -- ann\n");
}

#[test]
fn a_user_is_added_with_a_home_from_the_skeleton() {
    let (uid, gid) = ids();
    let sandbox = sandbox().file("etc/skel/.profile", "hello");
    let sandbox = sandbox.file("etc/group", format!("{GROUP}mine:x:{gid}:\n"));
    let reply = sandbox.converges(json!({
        "name": "app", "uid": uid, "non_unique": true, "group": "mine", "groups": ["docker"], "comment": "The App",
        "shell": "/bin/bash", "home": "/srv/app", "uid_min": 500,
    }));
    assert_eq!(sandbox.text("srv/app/.profile"), "hello");
    assert_eq!(sandbox.mode("srv/app"), 0o750);
    assert_eq!((&reply.values["home"], &reply.values["create_home"]), (&json!("/srv/app"), &json!(true)));
    assert_eq!((&reply.values["uid"], &reply.values["groups"]), (&json!(uid), &json!("docker")));
    let log = sandbox.text("log");
    assert!(log.contains("-G docker -c The App -d /srv/app -s /bin/bash -o"), "{log}");
    assert!(log.contains("-K UID_MIN=500 -- app"), "{log}");
}

#[test]
fn a_home_that_is_not_there_is_made_from_the_skeleton() {
    let (uid, gid) = ids();
    let line = format!("app:x:{uid}:{gid}::/home/app:/bin/sh\n");
    let sandbox = sandbox().file("etc/passwd", line).file("etc/skel/.config/app", "hello");
    let sandbox = sandbox.file("etc/login.defs", "UMASK 022\nHOME_MODE\t0750\n");
    sandbox.keeps(json!({"name": "app", "create_home": false}));
    sandbox.converges(json!({"name": "app"}));
    assert_eq!(sandbox.text("home/app/.config/app"), "hello");
    assert_eq!(sandbox.mode("home/app"), 0o750);
}

#[test]
fn a_password_goes_over_a_pipe_and_is_never_shown() {
    let sandbox = sandbox();
    let reply = sandbox.converges(json!({"name": "ann", "password": "$6$new", "create_home": false}));
    assert_eq!(sandbox.text("log"), "chpasswd -e ann\n");
    assert!(sandbox.text("etc/shadow").contains("ann:$6$new:"));
    assert_eq!(reply.values["password"], "NOT_LOGGING_PASSWORD");
    assert!(!format!("{reply:?}").contains("$6$"), "{reply:?}");
    let args =
        json!({"name": "ann", "password": "$6$other", "update_password": "on_create", "create_home": false});
    sandbox.keeps(args);
    sandbox.converges(json!({"name": "ann", "password_lock": true, "create_home": false}));
    assert!(sandbox.text("etc/shadow").contains("ann:!$6$new:"));
}

#[test]
fn groups_are_those_named_or_more() {
    let sandbox = sandbox();
    sandbox.keeps(json!({"name": "ann", "groups": "docker", "append": true, "create_home": false}));
    sandbox.converges(json!({"name": "ann", "groups": "wheel", "append": true, "create_home": false}));
    assert_eq!(sandbox.text("log"), "usermod -G docker,wheel -- ann\n");
    let said = sandbox.fails(json!({"name": "ann", "groups": "nogroup1"}));
    assert_eq!(said, "Group nogroup1 does not exist");
}

#[test]
fn a_group_may_be_given_by_its_number() {
    let sandbox = sandbox();
    let options = json!({"name": "ann", "groups": ["901"], "append": true, "create_home": false});
    sandbox.run(options);
    assert_eq!(sandbox.text("log"), "usermod -G docker,wheel -- ann\n");
    sandbox.reads(json!({"name": "ann", "groups": ["900", "901"], "create_home": false}));
}

#[test]
fn what_differs_is_changed() {
    let sandbox = sandbox();
    sandbox.converges(json!({"name": "ann", "shell": "/bin/zsh", "create_home": false}));
    sandbox.converges(json!({"name": "ann", "expires": 1684800000, "create_home": false}));
    assert_eq!(sandbox.text("log"), "usermod -s /bin/zsh -- ann\nusermod -e 2023-05-23 -- ann\n");
}

#[test]
fn a_user_is_removed() {
    let sandbox = sandbox();
    let reply = sandbox.converges(json!({"name": "ann", "state": "absent", "remove": true, "force": true}));
    assert_eq!(sandbox.text("log"), "userdel -f -r -- ann\n");
    assert_eq!((&reply.values["remove"], &reply.values["force"]), (&json!(true), &json!(true)));
}

#[test]
fn a_key_is_made_once() {
    let (uid, gid) = ids();
    let keygen = r#"
if [ $1 = -lf ]; then echo '3072 SHA256:abc comment (RSA)'; exit; fi
echo "ssh-keygen $*" | sed "s|$SANDBOX||" >> $SANDBOX/log
while [ $# -gt 0 ]; do [ $1 = -f ] && file=$2; shift; done
echo private > $file; echo public > $file.pub"#;
    let line = format!("app:x:{uid}:{gid}::/home/app:/bin/sh\n");
    let sandbox =
        sandbox().file("etc/passwd", format!("{PASSWD}{line}")).dir("home/app").tool("ssh-keygen", keygen);
    let reply = sandbox.converges(json!({
        "name": "app", "generate_ssh_key": true, "ssh_key_type": "ed25519", "ssh_key_comment": "mine",
    }));
    assert_eq!(sandbox.text("log"), "ssh-keygen -q -t ed25519 -C mine -f /home/app/.ssh/id_ed25519 -N \n");
    assert_eq!(reply.values["ssh_public_key"], "public");
    assert_eq!(reply.values["ssh_fingerprint"], "3072 SHA256:abc comment (RSA)");
    assert_eq!(sandbox.mode("home/app/.ssh"), 0o700);
}

#[test]
fn local_accounts_have_tools_of_their_own() {
    let add = "echo \"luseradd $*\" >> $SANDBOX/log; for name; do :; done; echo \"$name:x:1001:100::/:/bin/sh\" >> $SANDBOX/etc/passwd";
    let group =
        "echo \"lgroupmod $*\" >> $SANDBOX/log; sed -i \"s/^\\($3:.*:\\)$/\\1$2/\" $SANDBOX/etc/group";
    let sandbox = sandbox().tool("luseradd", add).tool("lgroupmod", group);
    sandbox.converges(json!({"name": "app", "local": true, "groups": "wheel", "home": "/"}));
    assert_eq!(sandbox.text("log"), "luseradd -d / -- app\nlgroupmod -M app wheel\n");
}

#[test]
fn a_password_that_is_no_hash_is_told_apart() {
    use super::account::is_hash;
    let yescrypt = "$y$jCT$ZiF3ZV39/maUl9Lzt2Hk80$Ih6bI4OXU52OnWWqt3T1BAmVn8eH.4qlcP.8/NOjGN5";
    assert!(is_hash(yescrypt) && is_hash("!") && is_hash("*************"));
    assert!(!is_hash("secret") && !is_hash("$6$salt$short") && !is_hash(&format!("{yescrypt}+")));
}
