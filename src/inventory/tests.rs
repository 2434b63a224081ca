//! Whole inventories in, hosts and groups out.

use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::diagnostic::{Diagnostics, Source};
use crate::template::Value;
use crate::vars::VarsFiles;

fn ini(text: &str) -> (Inventory, Vec<String>) {
    let mut inventory = Inventory::default();
    let mut diagnostics = Diagnostics::default();
    let source = Source::new("hosts", text);
    super::ini::read(&source, &Arc::from("/inv/hosts"), &mut inventory, &mut diagnostics);
    inventory.reconcile();
    (inventory, said(&diagnostics))
}

fn said(diagnostics: &Diagnostics) -> Vec<String> {
    let line = |d: &crate::diagnostic::Diagnostic| match &d.place {
        Some((span, _)) => format!("{span}: {}", d.message),
        None => d.message.clone(),
    };
    diagnostics.0.iter().map(line).collect()
}

fn good(text: &str) -> Inventory {
    let (inventory, said) = ini(text);
    assert_eq!(said, Vec::<String>::new());
    inventory
}

fn members(inventory: &Inventory, group: &str) -> String {
    names(inventory, &inventory.members(inventory.group_id(group).unwrap()))
}

fn names(inventory: &Inventory, hosts: &[HostId]) -> String {
    hosts.iter().map(|h| &*inventory.host(*h).name).collect::<Vec<_>>().join(" ")
}

fn var(inventory: &Inventory, host: &str, name: &str) -> String {
    inventory.find_host(host).unwrap().vars[name].value.to_json().to_string()
}

#[test]
fn an_ini_inventory_has_groups_of_groups_with_vars() {
    let inventory = good(
        "lone\n[web]\nweb[1:2] ansible_host=10.0.0.1 x='a b' # note\n[db]\ndb:2222\n\
         [prod:children]\nweb\ndb\n[prod:vars]\nlevel = 3\nwords=a b\nlist=['x', {'y': 1}]\n",
    );
    assert_eq!(members(&inventory, "all"), "lone web1 web2 db");
    assert_eq!(members(&inventory, "ungrouped"), "lone");
    assert_eq!(members(&inventory, "prod"), "web1 web2 db");
    assert_eq!(var(&inventory, "web2", "x"), r#""a b""#);
    assert_eq!(var(&inventory, "db", "ansible_port"), "2222");
    let prod = inventory.group(inventory.group_id("prod").unwrap());
    let vars: Vec<String> = prod.vars.iter().map(|(k, v)| format!("{k}={}", v.value.to_json())).collect();
    assert_eq!(vars, ["level=3", r#"words="a b""#, r#"list=["x",{"y":1}]"#]);
    let web = inventory.host_id("web1").unwrap();
    assert_eq!(inventory.group_names(web).join(" "), "prod web");
    let lineage: Vec<&str> = inventory.lineage(web).iter().map(|g| &*inventory.group(*g).name).collect();
    assert_eq!(lineage, ["all", "prod", "web"]);
}

#[test]
fn values_with_markers_are_templates_that_know_their_place() {
    let inventory = good("[web]\na x=\"{{ y }}\" z={{y}}\n[web:vars]\nv = {{ a }} b\n");
    let host = inventory.find_host("a").unwrap();
    let crate::template::Value::Template(x) = &host.vars["x"].value else { panic!("not a template") };
    assert_eq!((&*x.text, x.place.as_ref().unwrap().text()), ("{{ y }}", "{{ y }}"));
    let crate::template::Value::Template(v) =
        &inventory.group(inventory.group_id("web").unwrap()).vars["v"].value
    else {
        panic!("not a template")
    };
    assert_eq!(v.place.as_ref().unwrap().to_string(), "hosts:4:5");
}

#[test]
fn all_mistakes_of_an_ini_inventory_are_found_at_once() {
    let (_, said) = ini(
        "[web]\na b\nx[1:2\n[we b]\nignored\n[db:childs]\n[dbs:vars]\nk\n[p:children]\nwbe\na='\n[q]\nb='\n---\nh:\n",
    );
    assert_eq!(
        said,
        [
            "hosts:2:3: expected `key=value` after the host, found `b`",
            "hosts:3:1: the range is not closed, `]` is missing, found `x[1:2`",
            "hosts:4:1: this is not a section, found `[we b]`",
            "hosts:6:5: unknown type of section of group `db`: `childs`",
            "hosts:8:1: expected `key=value`, found `k`",
            "hosts:13:1: a quote is not closed",
            "hosts:14:1: no host can be named `---`",
            "hosts:15:1: a host cannot end in `:`, found `h:`",
            "hosts:10:1: group `wbe` is not defined",
            "hosts:11:1: group `a='` is not defined",
            "hosts:7:2: group `dbs` has variables, but is not defined",
        ]
    );
}

#[test]
fn what_stands_behind_the_first_mistake_of_an_ini_inventory_is_not_read() {
    let (inventory, said) = ini("[web]\na x=1\nb if\nc\n[db]\nd\n");
    assert_eq!(said, ["hosts:3:3: expected `key=value` after the host, found `if`"]);
    assert!(inventory.find_host("a").is_some_and(|host| host.vars.contains_key("x")));
    assert!(["b", "c", "d"].iter().all(|name| inventory.find_host(name).is_none()));
    assert!(inventory.group_id("db").is_none());
}

#[test]
fn a_cycle_of_groups_is_shown_with_the_whole_way_round() {
    let (_, said) = ini("[a:children]\nb\n[b:children]\nc\n[c:children]\na\n");
    assert_eq!(said, ["hosts:6:1: group `c` would contain itself: `c > a > b > c`"]);
    let (_, said) = ini("[a:children]\na\n");
    assert_eq!(said, ["hosts:2:1: group `a` would contain itself: `a > a`"]);
}

#[test]
fn priority_orders_groups_of_one_depth_and_is_no_variable() {
    let inventory = good("[b]\nh\n[a]\nh\n[c]\nh\n[a:vars]\nansible_group_priority=10\n");
    let lineage: Vec<String> = inventory
        .lineage(inventory.host_id("h").unwrap())
        .iter()
        .map(|g| inventory.group(*g).name.to_string())
        .collect();
    assert_eq!(lineage, ["all", "b", "c", "a"]);
    assert!(inventory.group(inventory.group_id("a").unwrap()).vars.is_empty());
}

#[test]
fn this_machine_can_always_be_asked_for_but_is_not_listed() {
    let inventory = good("web\n");
    let local = inventory.find_host("127.0.0.1").unwrap();
    assert!(local.implicit && &*local.name == "127.0.0.1");
    assert_eq!(var(&inventory, "localhost", "ansible_connection"), r#""local""#);
    assert_eq!(members(&inventory, "all"), "web");
    assert_eq!(inventory.group_names(inventory.host_id("localhost").unwrap()).len(), 0);
    let written = good("127.0.0.1 x=1\n");
    assert_eq!(&*written.find_host("localhost").unwrap().name, "127.0.0.1");
}

const FLEET: &str = "[web]\nweb[1:4]\n[db]\ndb1\ndb2.example.com\n[prod]\nweb1\nweb2\ndb1\n[old]\n::1\n";

#[test]
fn patterns_choose_hosts() {
    let inventory = good(FLEET);
    let table = [
        ("all", "web1 web2 web3 web4 db1 db2.example.com ::1"),
        ("web", "web1 web2 web3 web4"),
        ("web:&prod", "web1 web2"),
        ("web:&prod:!web[0]", "web2"),
        ("web,db,!web3", "web1 web2 web4 db1 db2.example.com"),
        ("!web", "db1 db2.example.com ::1"),
        ("&prod", "web1 web2 db1"),
        ("web[0]", "web1"),
        ("web[-1]", "web4"),
        ("web[1:2]", "web2 web3"),
        ("web[2:]", "web3 web4"),
        ("web[1-2]", "web2 web3"),
        ("web[7:9]", ""),
        ("web*", "web1 web2 web3 web4"),
        ("*.example.com", "db2.example.com"),
        ("db?", "db1"),
        ("we[b-d][!23]", "web1 web4"),
        (r"~web[12]|db\d$", "web1 web2 db1"),
        ("~(?!web)d", "db1 db2.example.com"),
        ("web2 : db1", "web2 db1"),
        ("::1", "::1"),
        ("web2:web1:web2", "web2 web1"),
        ("localhost", "::1"),
    ];
    for (text, expected) in table {
        let mut diagnostics = Diagnostics::default();
        let hosts = Pattern::new([text], None).hosts(&inventory, &mut diagnostics);
        assert_eq!(names(&inventory, &hosts), expected, "{text}");
        assert_eq!(said(&diagnostics), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_pattern_without_hosts_is_said_with_the_nearest_name() {
    let inventory = good(FLEET);
    let mut diagnostics = Diagnostics::default();
    let hosts = Pattern::new(["wbe", "web[9]", "~("], None).hosts(&inventory, &mut diagnostics);
    assert_eq!(hosts, []);
    let said = said(&diagnostics);
    assert_eq!(said[0], "no host or group matches the pattern `wbe`");
    assert_eq!(diagnostics.0[0].hints, ["did you mean `web`?"]);
    assert_eq!(said[1], "`web` has 4 hosts, none at the place asked for: `web[9]`");
    assert!(said[2].starts_with("the pattern is not a regular expression"), "{}", said[2]);
}

#[test]
fn an_encrypted_inventory_is_opened_and_its_text_shows_in_no_message() {
    let directory = tempfile::tempdir().unwrap();
    let load = |name: &str, plain: &'static str| {
        let path = directory.path().join(name);
        std::fs::write(&path, "$ANSIBLE_VAULT;1.1;AES256\n3132\n").unwrap();
        let files = VarsFiles::new(Some(Arc::new(move |_: &str| Ok(plain.into()))));
        let options = Options { files: Arc::new(files), ..Options::default() };
        Inventory::load(&[InventorySource::Path(path)], &options)
    };
    for (name, plain) in [
        ("hosts", "[web]\nw1 key=geheim port=\"{{ two }}\"\n"),
        ("hosts.toml", "[web.hosts.w1]\nkey = 'geheim'\nport = '{{ two }}'\n"),
        ("hosts.yml", "web:\n  hosts:\n    w1: {key: geheim, port: '{{ two }}'}\n"),
    ] {
        let (inventory, diagnostics) = load(name, plain);
        assert_eq!(said(&diagnostics), Vec::<String>::new(), "{name}");
        let host = inventory.host(inventory.host_id("w1").unwrap());
        assert_eq!(host.vars["key"].value.as_str(), Some("geheim"), "{name}");
        let Value::Template(port) = &host.vars["port"].value else { panic!("{name}: no template") };
        assert!(port.place.as_ref().unwrap().text().bytes().all(|b| b == b'*'), "{name}");
    }
    let (_, diagnostics) = load("wrong", "w1 geheim\n[geheim\n");
    assert_eq!(diagnostics.0.len(), 2);
    assert!(!crate::diagnostic::render_all(&diagnostics, false).contains("geheim"));
}

#[test]
fn a_limit_leaves_hosts_out_and_can_come_from_a_file() {
    let inventory = good(FLEET);
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("some"), "web2\n\n  db1 \n").unwrap();
    let mut diagnostics = Diagnostics::default();
    let mut run = |limit: &str, order| {
        let limit = Limit::new(limit, directory.path(), &mut diagnostics);
        let pattern = Pattern::new(["all"], None);
        names(&inventory, &inventory.select(&pattern, Some(&limit), order, &mut diagnostics))
    };
    assert_eq!(run("@some", Order::Inventory), "web2 db1");
    assert_eq!(run("web:!web1", Order::ReverseInventory), "web4 web3 web2");
    assert_eq!(run("!web", Order::ReverseSorted), "db2.example.com db1 ::1");
    run("@missing", Order::Inventory);
    assert!(said(&diagnostics)[0].starts_with("cannot read the file of `--limit`"));
}

#[test]
fn sources_are_lists_files_and_directories_in_order() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    std::fs::create_dir_all(at("group_vars")).unwrap();
    for (name, text) in [
        ("b", "[web]\nb\n"),
        ("a.ini", "[web]\na\n"),
        ("c.txt", "no"),
        (".d", "no"),
        ("group_vars/web", "no"),
    ] {
        std::fs::write(at(name), text).unwrap();
    }
    let cwd = Path::new("/nowhere");
    let sources = [
        InventorySource::new("x, y:2222,", cwd),
        InventorySource::new(directory.path().to_str().unwrap(), cwd),
        InventorySource::new("missing", cwd),
    ];
    let (inventory, diagnostics) = Inventory::load(&sources, &Options::default());
    assert_eq!(members(&inventory, "all"), "x y a b");
    assert_eq!(var(&inventory, "y", "ansible_port"), "2222");
    assert_eq!(inventory.find_host("a").unwrap().source.as_deref(), at("a.ini").to_str());
    assert_eq!(
        said(&diagnostics),
        ["cannot read the inventory: No such file or directory (os error 2): `/nowhere/missing`"]
    );
}

/// Loads files of a directory made for the test; each file is (name, text).
fn load(files: &[(&str, &str)], source: &str) -> (Inventory, Vec<String>, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        if text.starts_with("#!") {
            std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        }
    }
    let (inventory, diagnostics) =
        Inventory::load(&[InventorySource::new(source, directory.path())], &Options::default());
    let root = format!("{}/", directory.path().display());
    let said = said(&diagnostics).into_iter().map(|line| line.replace(&root, "")).collect();
    (inventory, said, directory)
}

#[test]
fn a_yaml_inventory_nests_its_groups() {
    let text = "all:\n  hosts:\n    lone:\n  vars: {level: 1}\n  children:\n    web:\n      hosts:\n        web[1:2]:\n          \
                x: '{{ level }}'\n          y: !unsafe '{{ raw }}'\n        db:22:\n      vars:\n        ansible_group_priority: 5\n    \
                prod:\n      children:\n        web:\n    single:\n      hosts: web1\n";
    let (inventory, said, _kept) = load(&[("hosts.yml", text)], "hosts.yml");
    assert_eq!(said, Vec::<String>::new());
    assert_eq!(members(&inventory, "prod"), "web1 web2 db");
    assert_eq!(members(&inventory, "all"), "lone web1 web2 db");
    assert_eq!(members(&inventory, "single"), "web1");
    assert_eq!(members(&inventory, "ungrouped"), "lone");
    assert_eq!(var(&inventory, "db", "ansible_port"), "22");
    let vars = &inventory.find_host("web1").unwrap().vars;
    assert!(matches!(vars["x"].value, crate::template::Value::Template(_)));
    assert!(matches!(vars["y"].value, crate::template::Value::Str(_)));
    assert_eq!(inventory.group(inventory.group_id("web").unwrap()).priority, 5);
}

#[test]
fn all_mistakes_of_a_yaml_inventory_are_found_at_once() {
    let text = "all:\n  hosts:\n    - a\n  childrn:\n    x:\nweb:\n  hosts:\n    b: 1\n    5:\nbad: text\n\
                c1:\n  children:\n    c2:\n      children:\n        c1:\n";
    let (_, said, _kept) = load(&[("hosts.yml", text)], "hosts.yml");
    let expected = [
        "hosts.yml:3:5: expected a mapping under `hosts`, found a list",
        "hosts.yml:4:3: a group has `hosts`, `vars` and `children`; group `all` also has `childrn`",
        "hosts.yml:8:8: expected variables of host `b`, found a number",
        "hosts.yml:9:5: the name of a host must be text, found `5`",
        "hosts.yml:10:6: expected a mapping for group `bad`, found a string",
        "hosts.yml:13:5: group `c1` would contain itself: `c1 > c2 > c1`",
    ];
    assert_eq!(said, expected);
}

#[test]
fn a_toml_inventory_names_its_children() {
    let text = "[all.vars]\nlevel = 1\n[web]\nchildren = ['front']\n[web.vars]\nx = '{{ level }}'\n[front.hosts]\n\
                'f[1:2]' = {}\ng = { ansible_port = 222, list = [1, 'a'] }\n";
    let (inventory, said, _kept) = load(&[("hosts.toml", text)], "hosts.toml");
    assert_eq!(said, Vec::<String>::new());
    assert_eq!(members(&inventory, "web"), "f1 f2 g");
    assert_eq!(var(&inventory, "g", "list"), r#"[1,"a"]"#);
    let (_, said, _kept) = load(&[("hosts.toml", "[a]\nb =\n")], "hosts.toml");
    assert!(said[0].starts_with("hosts.toml:2:"), "{said:?}");
}

#[test]
fn a_script_prints_its_inventory_with_or_without_meta() {
    let with = "#!/bin/sh\n[ \"$1\" = --list ] || exit 9\necho '{\"web\": {\"hosts\": [\"a\",\"b\"], \"vars\": {\"v\": \"{{ x }}\"}, \
                \"children\": [\"sub\"]}, \"sub\": [\"c\"], \"_meta\": {\"hostvars\": {\"a\": {\"n\": 1}}}}'\n";
    let without = "#!/bin/sh\nif [ \"$1\" = --host ]; then echo \"{\\\"name\\\": \\\"$2\\\"}\"; else echo '{\"db\": {\"hosts\": [\"d\"]}}'; fi\n";
    let (inventory, said, _kept) = load(&[("inv/a.sh", with), ("inv/b", without)], "inv");
    assert_eq!(said, Vec::<String>::new());
    assert_eq!(members(&inventory, "web"), "a b c");
    assert_eq!(var(&inventory, "a", "n"), "1");
    assert_eq!(var(&inventory, "d", "name"), r#""d""#);
    let web = inventory.group(inventory.group_id("web").unwrap());
    assert!(matches!(web.vars["v"].value, crate::template::Value::Template(_)));
}

#[test]
fn a_script_that_fails_is_said_with_its_words() {
    let (_, said, _kept) = load(&[("s", "#!/bin/sh\necho oh no >&2\nexit 3\n")], "s");
    assert_eq!(said, ["the inventory script ended with exit status: 3; it said: oh no: `s`"]);
    let (_, said, _kept) = load(&[("s", "#!/bin/sh\necho '{\"g\": {\"hosts\": 1}}'\n")], "s");
    assert_eq!(said, ["the inventory script printed a number for `g.hosts`, expected a list: `s`"]);
}

/// The layers and values of a variable of a host, the weakest first.
fn layers(files: &[(&str, &str)], host: &str, name: &str) -> String {
    let (inventory, _, directory) = load(files, "inv/hosts");
    let sources = [InventorySource::new("inv/hosts", directory.path())];
    let shared =
        SharedInventory::new(inventory, &sources, Some(directory.path().join("play")), Arc::default());
    let described = crate::vars::Hosts::describe(&shared, host).unwrap();
    assert_eq!(said(&shared.problems()), Vec::<String>::new());
    let mut strata: Vec<_> = described.groups.iter().chain(described.own.iter()).collect();
    strata.sort_by_key(|stratum| stratum.layer);
    let of =
        strata.iter().filter_map(|s| Some(format!("{:?}={}", s.layer, s.vars.get(name)?.value.to_json())));
    of.collect::<Vec<_>>().join(" ")
}

#[test]
fn files_beside_inventory_and_playbook_have_their_layers() {
    let files = [
        ("inv/hosts", "[web]\na v=1\n[all:vars]\nv=2\n[web:vars]\nv=3\n"),
        ("inv/group_vars/all.yml", "v: 4"),
        ("inv/group_vars/web/b.yml", "v: 6"),
        ("inv/group_vars/web/a/x.json", "{\"v\": 5}"),
        ("inv/group_vars/web/.hidden.yml", "v: no"),
        ("inv/group_vars/web/old.yml~", "v: no"),
        ("inv/group_vars/web/note.txt", "v: no"),
        ("inv/group_vars/web.yml", "v: no"),
        ("inv/host_vars/a", "v: 7"),
        ("play/group_vars/all/z", "v: 8"),
        ("play/group_vars/web.yaml", "---\nv: 9\n"),
        ("play/host_vars/a.json", "{\"v\": 10}"),
    ];
    assert_eq!(
        layers(&files, "a", "v"),
        "InventoryGroup=2 InventoryGroup=3 InventoryGroupVarsAll=4 PlaybookGroupVarsAll=8 InventoryGroupVars=5 \
         InventoryGroupVars=6 PlaybookGroupVars=9 InventoryHost=1 InventoryHostVars=7 PlaybookHostVars=10"
    );
}

#[test]
fn tasks_add_hosts_and_groups_while_others_look() {
    let (inventory, _, _kept) = load(&[("inv/hosts", "[web]\na\n")], "inv/hosts");
    let shared = SharedInventory::new(inventory, &[], None, Arc::default());
    let before = shared.now();
    let vars = crate::vars::VarMap::from([(
        "x".into(),
        crate::vars::Definition::from(crate::template::Value::from(1)),
    )]);
    let grow = |inventory: &mut Inventory| inventory.grow("new:2222", &["web", "fresh"], &vars);
    assert_eq!(shared.change(grow), (true, "new".into()));
    assert_eq!(shared.change(grow), (false, "new".into()));
    assert!(shared.change(|inventory| inventory.group_by("a", "os_x", &["os"])).unwrap());
    assert!(!shared.change(|inventory| inventory.group_by("a", "os_x", &["os"])).unwrap());
    assert!(shared.change(|inventory| inventory.group_by("nobody", "g", &[])).is_err());
    assert!(shared.change(|inventory| inventory.group_by("a", "os", &["os_x"])).is_err());
    let now = shared.now();
    assert_eq!(members(&before, "web"), "a");
    assert_eq!(members(&now, "web"), "a new");
    assert_eq!(members(&now, "os"), "a");
    assert_eq!(var(&now, "new", "ansible_ssh_port"), "2222");
    let described = crate::vars::Hosts::describe(&shared, "new").unwrap();
    assert_eq!(described.group_names.join(" "), "fresh web");
}

#[test]
fn a_hundred_thousand_hosts_are_read_in_linear_time() {
    let mut text = String::from("[web]\nweb[000001:100000] ansible_host=10.0.0.1 zone=a\n[half]\n");
    (1..=50_000).for_each(|n| text += &format!("web{n:06} rack={n}\n"));
    let inventory = good(&text);
    assert_eq!(inventory.hosts().count(), 100_000);
    assert_eq!(inventory.members(GroupId::ALL).len(), 100_000);
    let shared = SharedInventory::new(inventory, &[], None, Arc::default());
    let described = |name: &str| crate::vars::Hosts::describe(&shared, name).unwrap();
    assert!(Arc::ptr_eq(&described("web000001").groups, &described("web050000").groups));
}

const CONSTRUCTED: &str = "plugin: constructed\nstrict: STRICT\ncompose:\n  next: rack + 1\n  other: nowhere.to_be_found\n\
    groups:\n  low: next < 3\n  named: inventory_hostname.startswith('a')\n  inside: \"'web' in group_names\"\n\
    keyed_groups:\n  - {key: zone, prefix: z, parent_group: zones}\n  - {key: tags, separator: ''}\n  \
    - {key: labels, prefix: l}\n  - {key: empty, prefix: e, default_value: none}\n  - {key: level, prefix: v, parent_group: \"{{ zone }}s\"}\n";

fn constructed(strict: &str) -> (Inventory, Vec<String>) {
    let directory = tempfile::tempdir().unwrap();
    let hosts = "[web]\na rack=1 zone=eu-1 tags=\"['x','y']\" empty=''\n[db]\nb rack=5 zone=us labels=\"{'k':'v','n':''}\"\n[all:vars]\nlevel=top\n";
    std::fs::write(directory.path().join("1"), hosts).unwrap();
    std::fs::write(directory.path().join("2.yml"), CONSTRUCTED.replace("STRICT", strict)).unwrap();
    let options = Options {
        engine: Some(Arc::new(crate::template::Engine::new(Default::default()))),
        ..Options::default()
    };
    let (inventory, diagnostics) =
        Inventory::load(&[InventorySource::Path(directory.path().into())], &options);
    (inventory, diagnostics.0.into_iter().map(|d| d.message).collect())
}

#[test]
fn groups_and_vars_are_constructed_from_what_hosts_have() {
    let (inventory, said) = constructed("no");
    assert_eq!(said, Vec::<String>::new());
    assert_eq!(var(&inventory, "a", "next"), "2");
    let groups = |host| inventory.group_names(inventory.host_id(host).unwrap()).join(" ");
    assert_eq!(groups("a"), "e_none inside low named web x y z_eu_1 zones");
    assert_eq!(groups("b"), "db l_k_v l_n_ z_us zones");
    assert_eq!(members(&inventory, "zones"), "a b");
}

#[test]
fn a_strict_construction_says_what_fails() {
    let (_, said) = constructed("yes");
    assert!(said.iter().any(|line| line.contains("'nowhere' is undefined")), "{said:?}");
}
