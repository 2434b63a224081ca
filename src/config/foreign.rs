//! Settings of Ansible's that say nothing to baton: known, so that `config validate` can tell them from slips.

use super::{Config, SETTINGS};
use baton_modules::sorting::Sorting;

/// Variables of the environment, without `ANSIBLE_`.
const VARIABLES: &str = "
    ACTION_PLUGINS ADMIN_USERS AGNOSTIC_BECOME_PROMPT ALLOW_EMBEDDED_TEMPLATES ASYNC_DIR BECOME_PASS
    BECOME_PLUGINS CACHE_PLUGINS CALLBACK_PLUGINS CALLBACK_TREE_DIR CLICONF_PLUGINS
    COLLECTIONS_SCAN_SYS_PATH COLOR_CONSOLE_PROMPT
    COLOR_DOC_CONSTANT COLOR_DOC_DEPRECATED COLOR_DOC_LINK COLOR_DOC_MODULE COLOR_DOC_PLUGIN
    COLOR_DOC_REFERENCE COMMON_REMOTE_GROUP CONNECTION_PATH CONNECTION_PLUGINS COW_ACCEPTLIST
    COW_PATH COW_SELECTION DEBUG DEVEL_WARNING DOC_FRAGMENT_PLUGINS EDITOR
    FILTER_PLUGINS GALAXY_CACHE_DIR GALAXY_COLLECTIONS_PATH_WARNING
    GALAXY_COLLECTION_IMPORT_POLL_FACTOR GALAXY_COLLECTION_IMPORT_POLL_INTERVAL
    GALAXY_COLLECTION_SKELETON GALAXY_COLLECTION_SKELETON_IGNORE GALAXY_DISABLE_GPG_VERIFY
    GALAXY_DISPLAY_PROGRESS GALAXY_GPG_KEYRING GALAXY_IGNORE GALAXY_IGNORE_SIGNATURE_STATUS_CODES
    GALAXY_REQUIRED_VALID_SIGNATURE_COUNT GALAXY_ROLE_SKELETON GALAXY_ROLE_SKELETON_IGNORE
    GALAXY_SERVER GALAXY_SERVER_TIMEOUT GALAXY_TOKEN_PATH HTTPAPI_PLUGINS
    INVALID_TASK_ATTRIBUTE_FAILED INVENTORY_CACHE INVENTORY_CACHE_CONNECTION INVENTORY_CACHE_PLUGIN
    INVENTORY_CACHE_PLUGIN_PREFIX INVENTORY_CACHE_TIMEOUT INVENTORY_PLUGINS INVENTORY_PLUGIN_EXTS
    INVENTORY_USE_EXTRA_VARS JINJA2_EXTENSIONS KEEP_REMOTE_FILES
    LIBVIRT_LXC_NOSECLABEL LOCAL_TEMP LOG_FILTER LOOKUP_PLUGINS LOOKUP_URL_AGENT LOOKUP_URL_CA_PATH
    LOOKUP_URL_CIPHERS LOOKUP_URL_FOLLOW_REDIRECTS LOOKUP_URL_FORCE LOOKUP_URL_FORCE_BASIC_AUTH
    LOOKUP_URL_TIMEOUT LOOKUP_URL_UNIX_SOCKET LOOKUP_URL_UNREDIR_HEADERS LOOKUP_URL_USE_GSSAPI
    LOOKUP_URL_USE_NETRC MODULE_ARGS MODULE_IGNORE_EXTS MODULE_STRICT_UTF8_RESPONSE NETCONF_PLUGINS
    NETCONF_SSH_CONFIG NETWORK_GROUP_MODULES NO_TARGET_SYSLOG NULL_REPRESENTATION
    OLD_PLUGIN_CACHE_CLEAR PAGER PARAMIKO_BANNER_TIMEOUT PARAMIKO_HOST_KEY_AUTO_ADD
    PARAMIKO_HOST_KEY_CHECKING PARAMIKO_LOOK_FOR_KEYS PARAMIKO_PRIVATE_KEY_FILE
    PARAMIKO_PROXY_COMMAND PARAMIKO_PTY PARAMIKO_RECORD_HOST_KEYS PARAMIKO_REMOTE_USER
    PARAMIKO_TIMEOUT PARAMIKO_USE_RSA_SHA2_ALGORITHMS PERSISTENT_COMMAND_TIMEOUT
    PERSISTENT_CONNECT_RETRY_TIMEOUT PERSISTENT_CONNECT_TIMEOUT PERSISTENT_CONTROL_PATH_DIR
    PKCS11_PROVIDER PLAYBOOK_VARS_ROOT PRECEDENCE PRIVATE_KEY PRIVATE_KEY_PASSPHRASE
    PYTHON_MODULE_RLIMIT_NOFILE REMOTE_PARAMIKO_PORT RUNAS_FLAGS RUNAS_PASS RUNAS_USER
    RUN_VARS_PLUGINS SCP_EXECUTABLE SELINUX_SPECIAL_FS SFTP_BATCH_MODE SFTP_EXECUTABLE
    SHELL_ALLOW_WORLD_READABLE_TEMP SSHPASS_PROMPT SSH_AGENT SSH_AGENT_EXECUTABLE
    SSH_AGENT_KEY_LIFETIME SSH_PASSWORD_MECHANISM SSH_USETTY SSH_VERBOSITY STRATEGY_PLUGINS
    STRING_TYPE_FILTERS SU SUDO_CHDIR SUDO_EXE SUDO_FLAGS SUDO_PASS SUDO_USER SU_EXE SU_FLAGS
    SU_PASS SU_PROMPT_L10N SU_USER SYSLOG_FACILITY SYSTEM_TMPDIRS TARGET_LOG_INFO TERMINAL_PLUGINS
    TEST_PLUGINS USE_PERSISTENT_CONNECTIONS VALIDATE_ACTION_GROUP_METADATA VARS_ENABLED VARS_PLUGINS
    VARS_PLUGIN_STAGE WIN_ASYNC_STARTUP_TIMEOUT WORKER_SHUTDOWN_POLL_COUNT
    WORKER_SHUTDOWN_POLL_DELAY YAML_FILENAME_EXT
";

/// Keys of `ansible.cfg`, each behind its section.
const KEYS: &str = "
    callback_tree/directory colors/console_prompt colors/doc_constant colors/doc_deprecated
    colors/doc_link colors/doc_module colors/doc_plugin colors/doc_reference connection/ssh_agent
    connection/ssh_agent_executable connection/ssh_agent_key_lifetime defaults/action_plugins
    defaults/admin_users defaults/allow_embedded_templates defaults/allow_unsafe_lookups
    defaults/allow_world_readable_tmpfiles defaults/async_dir defaults/become_plugins
    defaults/cache_plugins defaults/callback_plugins defaults/cliconf_plugins
    defaults/collections_scan_sys_path
    defaults/common_remote_group defaults/connection_plugins defaults/cow_selection defaults/cowpath
    defaults/cowsay_enabled_stencils defaults/debug defaults/devel_warning
    defaults/doc_fragment_plugins defaults/docsite_root_url
    defaults/editor defaults/filter_plugins defaults/httpapi_plugins defaults/internal_poll_interval
    defaults/invalid_task_attribute_failed defaults/inventory_plugins defaults/jinja2_extensions
    defaults/keep_remote_files defaults/local_tmp defaults/log_filter defaults/lookup_plugins
    defaults/module_args defaults/module_compression defaults/module_ignore_exts
    defaults/module_name defaults/module_strict_utf8_response defaults/netconf_plugins
    defaults/network_group_modules defaults/no_target_syslog defaults/null_representation
    defaults/old_plugin_cache_clear defaults/pager defaults/playbook_vars_root defaults/precedence
    defaults/python_module_rlimit_nofile defaults/run_vars_plugins defaults/strategy_plugins
    defaults/su defaults/syslog_facility defaults/system_tmpdirs defaults/target_log_info
    defaults/terminal_plugins defaults/test_plugins defaults/use_persistent_connections
    defaults/validate_action_group_metadata defaults/vars_plugins defaults/vars_plugins_enabled
    defaults/win_async_startup_timeout defaults/yaml_valid_extensions galaxy/cache_dir
    galaxy/collection_skeleton galaxy/collection_skeleton_ignore galaxy/collections_path_warning
    galaxy/disable_gpg_verify galaxy/display_progress galaxy/gpg_keyring galaxy/ignore_certs
    galaxy/ignore_signature_status_codes galaxy/required_valid_signature_count galaxy/role_skeleton
    galaxy/role_skeleton_ignore galaxy/server galaxy/server_timeout galaxy/token_path
    inventory/cache inventory/cache_connection inventory/cache_plugin inventory/cache_prefix
    inventory/cache_timeout
    inventory_plugin_yaml/yaml_valid_extensions inventory_plugins/use_extra_vars
    jinja2/dont_type_filters netconf_connection/ssh_config paramiko_connection/banner_timeout
    paramiko_connection/host_key_auto_add paramiko_connection/host_key_checking
    paramiko_connection/look_for_keys paramiko_connection/private_key_file
    paramiko_connection/proxy_command paramiko_connection/pty paramiko_connection/record_host_keys
    paramiko_connection/remote_port paramiko_connection/remote_user paramiko_connection/timeout
    paramiko_connection/use_rsa_sha2_algorithms persistent_connection/ansible_connection_path
    persistent_connection/command_timeout persistent_connection/connect_retry_timeout
    persistent_connection/connect_timeout persistent_connection/control_path_dir
    powershell/async_dir powershell/remote_tmp privilege_escalation/agnostic_become_prompt
    runas_become_plugin/flags runas_become_plugin/password runas_become_plugin/user
    selinux/libvirt_lxc_noseclabel selinux/special_context_filesystems
    ssh_connection/password_mechanism ssh_connection/pkcs11_provider ssh_connection/scp_executable
    ssh_connection/sftp_batch_mode ssh_connection/sftp_executable ssh_connection/sshpass_prompt
    ssh_connection/usetty ssh_connection/verbosity su_become_plugin/executable
    su_become_plugin/flags su_become_plugin/localized_prompts su_become_plugin/password
    su_become_plugin/user sudo_become_plugin/chdir sudo_become_plugin/executable
    sudo_become_plugin/flags sudo_become_plugin/password sudo_become_plugin/user url_lookup/agent
    url_lookup/ca_path url_lookup/ciphers url_lookup/follow_redirects url_lookup/force
    url_lookup/force_basic_auth url_lookup/timeout url_lookup/unix_socket
    url_lookup/unredirected_headers url_lookup/use_gssapi url_lookup/use_netrc
    vars_host_group_vars/stage winrm/kinit_env_vars
";

/// What each server of `[galaxy] server_list` may have in a section of its own.
const OF_SERVERS: [&str; 9] = [
    "url",
    "username",
    "password",
    "token",
    "auth_url",
    "api_version",
    "validate_certs",
    "client_id",
    "timeout",
];

/// A setting of a server of collections: its name, its value, and where that comes from.
pub(crate) type OfServer = (&'static str, Option<String>, String);

/// Whether Ansible has a setting of this variable of the environment.
pub(crate) fn knows_variable(name: &str) -> bool {
    let bare = name.strip_prefix("ANSIBLE_").unwrap_or(name);
    SETTINGS.iter().any(|setting| setting.env.contains(&name))
        || VARIABLES.split_whitespace().any(|known| known == bare)
}

impl Config {
    /// What the settings file sets that Ansible has no setting for, in words.
    pub(crate) fn unknown_entries(&self) -> Vec<String> {
        let Some(file) = self.read_file() else { return Vec::new() };
        let known_keys = || KEYS.split_whitespace().filter_map(|word| word.split_once('/'));
        let servers: Vec<_> =
            self.galaxy_server_list.iter().map(|name| format!("galaxy_server.{name}")).collect();
        let own = || SETTINGS.iter().flat_map(|setting| setting.ini.iter().copied());
        let path = file.path.display();
        let mut wrong: Vec<_> = file
            .keys()
            .filter_map(|(section, key)| {
                if servers.contains(section) {
                    return (!OF_SERVERS.contains(&&**key)).then_some((section, Some(key)));
                }
                let mut keys = own().chain(known_keys()).filter(|(known, _)| known == section).peekable();
                let is_section = keys.peek().is_some();
                let is_key = keys.any(|(_, known)| known == key);
                (!is_key).then_some((section, is_section.then_some(key)))
            })
            .collect();
        wrong.put_in_order();
        wrong.dedup();
        let told = wrong.into_iter().map(|(section, key)| match key {
            Some(key) => format!("Found unknown key '{key}' in section '{section}' in '{path}'."),
            None => format!("Found unknown section '{section}' in '{path}'."),
        });
        told.collect()
    }

    /// The servers that collections may come from, with their settings.
    pub(crate) fn galaxy_servers(&self) -> Vec<(&str, Vec<OfServer>)> {
        let file = self.read_file();
        let setting = |server: &str, key: &'static str| {
            let variable = format!("ANSIBLE_GALAXY_SERVER_{server}_{key}").to_ascii_uppercase();
            let from_env = || std::env::var(&variable).ok().map(|value| (value, format!("env: {variable}")));
            let from_file = || {
                let file = file.as_ref()?;
                let entry = file.get(&format!("galaxy_server.{server}"), key)?;
                Some((entry.value.clone(), file.path.display().to_string()))
            };
            match from_env().or_else(from_file) {
                Some((value, origin)) => (key, Some(value), origin),
                None => (key, (key == "timeout").then(|| "60".to_string()), "default".to_string()),
            }
        };
        let of_server = |server: &str| OF_SERVERS.iter().map(|key| setting(server, key)).collect();
        self.galaxy_server_list.iter().map(|server| (&**server, of_server(server))).collect()
    }
}
