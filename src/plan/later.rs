//! Modules that exist though this version has them not: they are told apart from slips.

use crate::playbook::short_name;

/// Names without a collection that Ansible knows, for itself or as ways into collections. Those that are built in are
/// found before this list is asked.
const NAMES: &str = include_str!("elsewhere.txt");

/// What the names of large families of modules begin with.
#[rustfmt::skip]
const FAMILIES: &[&str] = &[
    "aci_", "acme_", "avi_", "aws_", "azure_", "bigip_", "bigiq_", "ce_", "checkpoint_", "clc_", "cnos_",
    "cp_", "cs_", "digital_", "ec2_", "ecs_", "elb_", "eos_", "exos_", "fmgr_", "fortios_", "gce_", "gcp_",
    "github_", "gitlab_", "hcloud_", "hwc_", "iam_", "ibm_", "icx_", "idrac_", "infini_", "ios_", "iosxr_",
    "ipa_", "junos_", "kubevirt_", "manageiq_", "memset_", "meraki_", "mso_", "mysql_", "na_", "netapp_",
    "netscaler_", "nios_", "nxos_", "one_", "oneandone_", "oneview_", "onyx_", "openssl_", "os_", "ovirt_",
    "packet_", "panos_", "pn_", "postgresql_", "proxysql_", "purefa_", "purefb_", "rabbitmq_", "rax_", "rds_",
    "s3_", "scaleway_", "slxos_", "tower_", "ucs_", "utm_", "vertica_", "vmware_", "vr_", "vultr_", "vyos_",
    "win_", "zabbix_",
];

/// Whether a module of this name exists elsewhere, or may: one named with its collection is that collection's to know.
pub(super) fn exists(name: &str) -> bool {
    let short = short_name(name);
    match short.contains('.') {
        true => is_full(short),
        false => {
            names().any(|known| known == short) || FAMILIES.iter().any(|family| short.starts_with(family))
        }
    }
}

/// Filters, tests and look-ups without a collection that Ansible takes from collections.
const PLUGINS: &str = "avi aws_account_attribute aws_secret aws_service_ip_ranges aws_ssm cartesian chef_databag \
    cidr_merge comp_type5 conjur_variable consul_kv cpm_metering cpm_status credstash cyberarkpassword dig dnstxt etcd \
    filetree flattened gcp_kms_decrypt gcp_kms_encrypt gcp_storage_file grafana_dashboard hash_salt hashi_vault hiera \
    hwaddr ip4_hex ipaddr ipmath ipsubnet ipv4 ipv6 ipwrap json_query k8s k8s_config_resource_name keyring \
    laps_password lastpass lmdb_kv manifold mongodb network_in_network network_in_usable next_nth_usable nios \
    nios_next_ip nios_next_network nthhost onepassword onepassword_raw openshift parse_cli parse_cli_textfsm parse_xml \
    passwordstore previous_nth_usable rabbitmq random_mac redis reduce_on_network shelvefile skydive slaac type5_pw \
    vlan_parser";

/// Whether a filter, test or look-up of this name exists elsewhere, or may.
pub(super) fn plugin_exists(name: &str) -> bool {
    is_full(name) || PLUGINS.split_ascii_whitespace().any(|known| known == name)
}

/// `namespace.collection.module`.
fn is_full(name: &str) -> bool {
    let word = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let builtin = ["ansible.builtin.", "ansible.legacy."].iter().any(|prefix| name.starts_with(prefix));
    !builtin && name.split('.').count() >= 3 && name.split('.').all(word)
}

/// All short names.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    NAMES.split_ascii_whitespace()
}

#[cfg(test)]
mod tests {
    use super::exists;

    #[test]
    fn modules_of_others_are_told_from_slips() {
        for name in
            ["yum", "ansible.builtin.yum", "ec2_group", "haproxy", "acme.tools.anvil", "apache2_module"]
        {
            assert!(exists(name), "{name}");
        }
        for name in ["debg", "ansible.builtin.debg", "acme.anvil", "my.bad name.x", "wen"] {
            assert!(!exists(name), "{name}");
        }
    }
}
