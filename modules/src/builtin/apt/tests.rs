use serde_json::json;

use crate::testing::Sandbox;

/// A dpkg whose status is the file `status`, lines of name and version.
const QUERY: &str = r#"
while read -r name version; do
  printf 'install\tinstalled\t%s\tall\t%s\t\n' "$name" "$version"
done < $SANDBOX/status"#;

/// An apt that knows hello 1.0 and 2.0.
const GET: &str = r#"
echo "$*" >> /dev/null
verb= sim= names= rest=
for word; do
  case $word in
  --simulate) sim=1 ;;
  install|remove|purge|upgrade|dist-upgrade|autoremove|update|clean) [ -n "$verb" ] || verb=$word ;;
  --) rest=1 ;;
  *) [ -z "$rest" ] || names="$names $word" ;;
  esac
done
if [ -z "$sim" ]; then echo "$*" >> $SANDBOX/log; fi
[ "$verb" = clean ] && { rm -f $SANDBOX/var/cache/apt/archives/*.deb; exit 0; }
[ "$verb" = upgrade ] && names=hello
for name in $names; do
  version=2.0
  case $name in *=*) version=${name#*=} name=${name%=*} ;; esac
  case $name in hello) ;; *) echo "E: Unable to locate package $name" >&2; exit 100 ;; esac
  grep -q "^$name $version$" $SANDBOX/status && [ $verb != remove ] && continue
  if [ "$verb" = remove ] || [ "$verb" = purge ]; then
    echo "Remv $name [1.0]"
    [ -n "$sim" ] || sed -i "/^$name /d" $SANDBOX/status
  else
    echo "Inst $name ($version Lab:1/stable [all])"
    echo "Conf $name ($version Lab:1/stable [all])"
    [ -n "$sim" ] || { sed -i "/^$name /d" $SANDBOX/status; echo "$name $version" >> $SANDBOX/status; }
  fi
done
exit 0"#;

const CACHE: &str = r#"
case $1 in
madison) [ $3 = hello ] && printf 'hello | 2.0 | x\nhello | 1.0 | x\n'; exit 0 ;;
pkgnames) echo hello ;;
esac"#;

fn sandbox(status: &str) -> Sandbox {
    let sandbox = Sandbox::new("apt").file("status", status).tool("dpkg-query", QUERY).tool("apt-get", GET);
    sandbox.tool("apt-cache", CACHE).tool("dpkg", "[ \"$2\" = \"$4\" ] || [ \"$2\" \\> \"$4\" ]")
}

#[test]
fn a_package_is_installed_once() {
    let sandbox = sandbox("base 1\n");
    let reply = sandbox.converges(json!({"name": "hello"}));
    assert_eq!(sandbox.text("status"), "base 1\nhello 2.0\n");
    assert!(reply.values["stdout"].as_str().unwrap().contains("Inst hello (2.0"), "{reply:?}");
    assert_eq!(reply.values["cache_updated"], false);
    assert_eq!(reply.diff[0].after, "{\n  \"hello\": \"2.0\"\n}\n");
    let log = sandbox.text("log");
    assert!(
        log.contains("Dpkg::Options::=--force-confdef") && log.contains("DPkg::Lock::Timeout=60"),
        "{log}"
    );
}

#[test]
fn an_old_version_is_enough_unless_the_latest_is_wanted() {
    let sandbox = sandbox("hello 1.0\n");
    sandbox.keeps(json!({"pkg": ["hello"]}));
    sandbox.converges(json!({"pkg": ["hello"], "state": "latest"}));
    assert_eq!(sandbox.text("status"), "hello 2.0\n");
}

#[test]
fn versions_are_named_exactly_by_pattern_or_at_least() {
    sandbox("hello 1.0\n").keeps(json!({"name": "hello=1.*"}));
    sandbox("hello 1.0\n").keeps(json!({"name": "hello>=1.0"}));
    let sandbox = sandbox("");
    sandbox.converges(json!({"name": "hello=1.*"}));
    assert_eq!(sandbox.text("status"), "hello 1.0\n");
    sandbox.converges(json!({"name": "hello>=1.5"}));
    assert_eq!(sandbox.text("status"), "hello 2.0\n");
    let said = sandbox.fails(json!({"name": "hello=3*"}));
    assert_eq!(said, "no available installation candidate for hello=3*");
}

#[test]
fn a_package_is_removed() {
    let sandbox = sandbox("hello 1.0\nbase 1\n");
    sandbox.converges(json!({"name": "hel*,nothing", "state": "absent"}));
    assert_eq!(sandbox.text("status"), "base 1\n");
}

#[test]
fn everything_is_upgraded() {
    let sandbox = sandbox("hello 1.0\n");
    sandbox.converges(json!({"upgrade": "yes"}));
    assert!(sandbox.text("log").contains("upgrade --with-new-pkgs"));
}

#[test]
fn an_unknown_package_is_named() {
    let said = sandbox("").fails(json!({"name": ["helo"]}));
    assert_eq!(said, "No package matching 'helo' is available");
}

#[test]
fn only_what_is_installed_is_upgraded_on_demand() {
    sandbox("").keeps(json!({"name": "hello", "only_upgrade": true, "state": "latest"}));
}

#[test]
fn kept_package_files_are_removed() {
    let sandbox = sandbox("").file("var/cache/apt/archives/hello_1.0_all.deb", "");
    sandbox.converges(json!({"clean": true}));
}

#[test]
fn lists_are_fetched_when_they_are_old_and_that_alone_is_no_change_of_a_package() {
    let sandbox = sandbox("hello 1.0\n").dir("var/lib/apt/lists");
    let reply = sandbox.run(json!({"name": "hello", "update_cache": true}));
    assert_eq!((reply.change, &reply.values["cache_updated"]), (crate::wire::Change::No, &json!(true)));
    assert!(sandbox.text("log").trim_end().ends_with("update"));
    sandbox.keeps(json!({"cache_valid_time": 3600}));
    let reply = sandbox.run(json!({"update_cache": true}));
    assert_eq!(reply.change, crate::wire::Change::Yes);
}

#[test]
fn services_ask_the_policy_that_is_given_and_the_old_one_comes_back() {
    let get = format!("cat $SANDBOX/usr/sbin/policy-rc.d >> $SANDBOX/policy\n{GET}");
    let sandbox = sandbox("").file("usr/sbin/policy-rc.d", "old").tool("apt-get", &get);
    sandbox.run(json!({"name": "hello", "policy_rc_d": 101}));
    assert!(sandbox.text("policy").contains("exit 101"));
    assert_eq!(sandbox.text("usr/sbin/policy-rc.d"), "old");
}
