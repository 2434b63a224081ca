//! The table of settings: name, type, default, environment, section and key.

use std::path::PathBuf;

use super::from_text::{
    Callback, DuplicateKey, Gathering, GroupNames, HashBehaviour, Mismatch, PathList, ResultFormat,
};
use super::setting::settings;

settings! {
    /// Where collections, roles and other files of the user's are kept.
    home: PathBuf = "~/.ansible", ["ANSIBLE_HOME"], ["defaults"/"home"];
    /// How many hosts are worked on at once.
    forks: u64 = "50", ["ANSIBLE_FORKS"], ["defaults"/"forks"];
    /// The strategy of plays that name none.
    strategy: String = "linear", ["ANSIBLE_STRATEGY"], ["defaults"/"strategy"];
    /// When facts are gathered.
    gathering: Gathering = "implicit", ["ANSIBLE_GATHERING"], ["defaults"/"gathering"];
    /// Modules that gather facts.
    facts_modules: Vec<String> = "smart", ["ANSIBLE_FACTS_MODULES"], ["defaults"/"facts_modules"];
    /// Plugins that may read inventories.
    inventory_enabled: Vec<String> = "host_list,script,auto,yaml,ini,toml", ["ANSIBLE_INVENTORY_ENABLED"], ["inventory"/"enable_plugins"];
    /// A file that names modules which must not be used.
    plugin_filters_cfg: Option<PathBuf>, [], ["defaults"/"plugin_filters_cfg"];
    /// Whether a failed task ends the play for all hosts.
    any_errors_fatal: bool = "no", ["ANSIBLE_ANY_ERRORS_FATAL"], ["defaults"/"any_errors_fatal"];
    /// Whether notified handlers run on hosts that failed.
    force_handlers: bool = "no", ["ANSIBLE_FORCE_HANDLERS"], ["defaults"/"force_handlers"];
    /// Whether notifying a handler that is not there is an error.
    error_on_missing_handler: bool = "yes", ["ANSIBLE_ERROR_ON_MISSING_HANDLER"], ["defaults"/"error_on_missing_handler"];
    /// Whether a variable that is not defined is an error.
    error_on_undefined_vars: bool = "yes", ["ANSIBLE_ERROR_ON_UNDEFINED_VARS"], ["defaults"/"error_on_undefined_vars"];
    /// Whether conditionals may give other values than true and false.
    allow_broken_conditionals: bool = "no", ["ANSIBLE_ALLOW_BROKEN_CONDITIONALS"], ["defaults"/"allow_broken_conditionals"];
    /// Taken for Ansible's sake; templates always keep the type of what they give.
    jinja2_native: bool = "yes", ["ANSIBLE_JINJA2_NATIVE"], ["defaults"/"jinja2_native"];
    /// What becomes of mappings that are defined more than once.
    hash_behaviour: HashBehaviour = "replace", ["ANSIBLE_HASH_BEHAVIOUR"], ["defaults"/"hash_behaviour"];
    /// Whether facts are variables of their own too, beside `ansible_facts`.
    inject_facts_as_vars: bool = "yes", ["ANSIBLE_INJECT_FACT_VARS"], ["defaults"/"inject_facts_as_vars"];
    /// Whether variables of roles stay within them.
    private_role_vars: bool = "no", ["ANSIBLE_PRIVATE_ROLE_VARS"], ["defaults"/"private_role_vars"];
    /// What a key given twice in YAML leads to.
    duplicate_dict_key: DuplicateKey = "warn", ["ANSIBLE_DUPLICATE_YAML_DICT_KEY"], ["defaults"/"duplicate_dict_key"];
    /// Seconds a task may take; 0 is no limit.
    task_timeout: u64 = "0", ["ANSIBLE_TASK_TIMEOUT"], ["defaults"/"task_timeout"];
    /// Seconds between looking after an asynchronous task.
    poll_interval: u64 = "15", ["ANSIBLE_POLL_INTERVAL"], ["defaults"/"poll_interval"];
    /// Whether results of all tasks are hidden.
    no_log: bool = "no", ["ANSIBLE_NO_LOG"], ["defaults"/"no_log"];
    /// What `ansible_managed` says in templates.
    ansible_managed: String = "Ansible managed", [], ["defaults"/"ansible_managed"];
    /// Tags whose tasks run.
    tags_run: Vec<String>, ["ANSIBLE_RUN_TAGS"], ["tags"/"run"];
    /// Tags whose tasks do not run.
    tags_skip: Vec<String>, ["ANSIBLE_SKIP_TAGS"], ["tags"/"skip"];
    /// Whether what nobody asked for is told, too.
    debug: bool = "no", ["ANSIBLE_DEBUG"], ["defaults"/"debug"];
    /// Whether the debugger starts at a failed task.
    enable_task_debugger: bool = "no", ["ANSIBLE_ENABLE_TASK_DEBUGGER"], ["defaults"/"enable_task_debugger"];
    /// Whether the debugger passes over a failed task whose errors are ignored.
    task_debugger_ignore_errors: bool = "yes", ["ANSIBLE_TASK_DEBUGGER_IGNORE_ERRORS"], ["defaults"/"task_debugger_ignore_errors"];

    /// Inventories that are used when `-i` names none.
    inventory: PathList = "/etc/ansible/hosts", ["ANSIBLE_INVENTORY"], ["defaults"/"inventory"];
    /// Files of an inventory directory that end so are no inventories.
    inventory_ignore_extensions: Vec<String> = ".pyc,.pyo,.swp,.bak,~,.rpm,.md,.txt,.rst,.orig,.cfg,.retry", ["ANSIBLE_INVENTORY_IGNORE"], ["defaults"/"inventory_ignore_extensions", "inventory"/"ignore_extensions"];
    /// Files of an inventory directory that match these expressions are no inventories.
    inventory_ignore_patterns: Vec<String>, ["ANSIBLE_INVENTORY_IGNORE_REGEX"], ["defaults"/"inventory_ignore_patterns", "inventory"/"ignore_patterns"];
    /// Whether one inventory that cannot be read ends the run.
    inventory_any_unparsed_is_failed: bool = "no", ["ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED"], ["inventory"/"any_unparsed_is_failed"];
    /// Whether the run ends when no inventory can be read.
    inventory_unparsed_is_failed: bool = "no", ["ANSIBLE_INVENTORY_UNPARSED_FAILED"], ["inventory"/"unparsed_is_failed"];
    /// Whether it is said when no inventory was read.
    inventory_unparsed_warning: bool = "yes", ["ANSIBLE_INVENTORY_UNPARSED_WARNING"], ["inventory"/"inventory_unparsed_warning"];
    /// Whether it is told what an inventory script said beside the inventory.
    inventory_plugin_script_stderr: bool = "yes", ["ANSIBLE_INVENTORY_PLUGIN_SCRIPT_STDERR"], ["inventory_plugin_script"/"always_show_stderr"];
    /// What a pattern that matches no host leads to.
    host_pattern_mismatch: Mismatch = "warning", ["ANSIBLE_HOST_PATTERN_MISMATCH"], ["inventory"/"host_pattern_mismatch"];
    /// What becomes of names of groups that could not be names of variables.
    transform_invalid_group_chars: GroupNames = "never", ["ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS"], ["defaults"/"force_valid_group_names"];
    /// Whether `ansible-inventory` shows variables of groups with the groups.
    inventory_export: bool = "no", ["ANSIBLE_INVENTORY_EXPORT"], ["inventory"/"export"];
    /// Whether it is said when only the made-up localhost is there.
    localhost_warning: bool = "yes", ["ANSIBLE_LOCALHOST_WARNING"], ["defaults"/"localhost_warning"];

    /// Where roles are looked for.
    roles_path: Vec<PathBuf> = "~/.ansible/roles:/usr/share/ansible/roles:/etc/ansible/roles", ["ANSIBLE_ROLES_PATH"], ["defaults"/"roles_path"];
    /// Where collections are looked for.
    collections_path: Vec<PathBuf> = "~/.ansible/collections:/usr/share/ansible/collections", ["ANSIBLE_COLLECTIONS_PATH"], ["defaults"/"collections_path"];
    /// What a collection that is for other versions of Ansible leads to.
    collections_on_ansible_version_mismatch: Mismatch = "warning", ["ANSIBLE_COLLECTIONS_ON_ANSIBLE_VERSION_MISMATCH"], ["defaults"/"collections_on_ansible_version_mismatch"];
    /// Where modules of the user's are looked for.
    library: Vec<PathBuf> = "~/.ansible/plugins/modules:/usr/share/ansible/plugins/modules", ["ANSIBLE_LIBRARY"], ["defaults"/"library"];
    /// Where Python that modules of the user's share is looked for.
    module_utils: Vec<PathBuf> = "~/.ansible/plugins/module_utils:/usr/share/ansible/plugins/module_utils", ["ANSIBLE_MODULE_UTILS"], ["defaults"/"module_utils"];
    /// The directory that stands for the playbook's where there is no playbook.
    playbook_dir: Option<PathBuf>, ["ANSIBLE_PLAYBOOK_DIR"], ["defaults"/"playbook_dir"];

    /// Seconds to wait for a connection.
    timeout: u64 = "10", ["ANSIBLE_TIMEOUT", "ANSIBLE_SSH_TIMEOUT"], ["defaults"/"timeout", "ssh_connection"/"timeout"];
    /// How hosts are reached that say nothing of it.
    transport: String = "ssh", ["ANSIBLE_TRANSPORT"], ["defaults"/"transport"];
    /// The user to connect as.
    remote_user: Option<String>, ["ANSIBLE_REMOTE_USER"], ["defaults"/"remote_user"];
    /// The port to connect to.
    remote_port: Option<u64>, ["ANSIBLE_REMOTE_PORT"], ["defaults"/"remote_port"];
    /// The private key to log in with.
    private_key_file: Option<PathBuf>, ["ANSIBLE_PRIVATE_KEY_FILE"], ["defaults"/"private_key_file"];
    /// Whether a host must show the key that is known of it.
    host_key_checking: bool = "yes", ["ANSIBLE_HOST_KEY_CHECKING", "ANSIBLE_SSH_HOST_KEY_CHECKING"], ["defaults"/"host_key_checking", "ssh_connection"/"host_key_checking"];
    /// Whether the password to connect with is asked for.
    ask_pass: bool = "no", ["ANSIBLE_ASK_PASS"], ["defaults"/"ask_pass"];
    /// The file with the password to connect with.
    connection_password_file: Option<PathBuf>, ["ANSIBLE_CONNECTION_PASSWORD_FILE"], ["defaults"/"connection_password_file"];
    /// Arguments for `ssh`.
    ssh_args: String = "-C -o ControlMaster=auto -o ControlPersist=60s", ["ANSIBLE_SSH_ARGS"], ["ssh_connection"/"ssh_args"];
    /// Arguments for `ssh` and all that uses it.
    ssh_common_args: String, ["ANSIBLE_SSH_COMMON_ARGS"], ["ssh_connection"/"ssh_common_args"];
    /// Arguments for `ssh` only.
    ssh_extra_args: String, ["ANSIBLE_SSH_EXTRA_ARGS"], ["ssh_connection"/"ssh_extra_args"];
    /// Taken for Ansible's sake; baton uses no `sftp`.
    sftp_extra_args: String, ["ANSIBLE_SFTP_EXTRA_ARGS"], ["ssh_connection"/"sftp_extra_args"];
    /// Taken for Ansible's sake; baton uses no `scp`.
    scp_extra_args: String, ["ANSIBLE_SCP_EXTRA_ARGS"], ["ssh_connection"/"scp_extra_args"];
    /// The program `ssh`.
    ssh_executable: String = "ssh", ["ANSIBLE_SSH_EXECUTABLE"], ["ssh_connection"/"ssh_executable"];
    /// How often a connection is tried again.
    ssh_retries: u64 = "0", ["ANSIBLE_SSH_RETRIES"], ["connection"/"retries", "ssh_connection"/"retries"];
    /// Taken for Ansible's sake; baton keeps its own control sockets.
    ssh_control_path: Option<String>, ["ANSIBLE_SSH_CONTROL_PATH"], ["ssh_connection"/"control_path"];
    /// Taken for Ansible's sake; baton keeps its own control sockets.
    ssh_control_path_dir: Option<PathBuf>, ["ANSIBLE_SSH_CONTROL_PATH_DIR"], ["ssh_connection"/"control_path_dir"];
    /// Taken for Ansible's sake; files go through the connection of the worker.
    ssh_transfer_method: String = "smart", ["ANSIBLE_SSH_TRANSFER_METHOD"], ["ssh_connection"/"transfer_method"];
    /// Taken for Ansible's sake; baton always works through one long-lived worker.
    pipelining: bool = "no", ["ANSIBLE_PIPELINING", "ANSIBLE_SSH_PIPELINING"], ["defaults"/"pipelining", "connection"/"pipelining", "ssh_connection"/"pipelining"];
    /// The shell on targets.
    executable: String = "/bin/sh", ["ANSIBLE_EXECUTABLE"], ["defaults"/"executable"];
    /// Where on targets temporary files are kept.
    remote_tmp: String = "~/.ansible/tmp", ["ANSIBLE_REMOTE_TEMP", "ANSIBLE_REMOTE_TMP"], ["defaults"/"remote_tmp"];
    /// The Python of targets, for modules of the user's that need one.
    interpreter_python: String = "auto", ["ANSIBLE_PYTHON_INTERPRETER"], ["defaults"/"interpreter_python"];
    /// Names of Python that are looked for on targets where nobody names one, the best first.
    interpreter_python_fallback: Vec<String> = "python3.13,python3.12,python3.11,python3.10,python3.9,python3.8,/usr/bin/python3,python3", [], [];

    /// Whether tasks run as another user.
    r#become: bool = "no", ["ANSIBLE_BECOME"], ["privilege_escalation"/"become"];
    /// How to become another user.
    become_method: String = "sudo", ["ANSIBLE_BECOME_METHOD"], ["privilege_escalation"/"become_method"];
    /// The user to become.
    become_user: String = "root", ["ANSIBLE_BECOME_USER"], ["privilege_escalation"/"become_user"];
    /// The program to become another user with.
    become_exe: Option<String>, ["ANSIBLE_BECOME_EXE"], ["privilege_escalation"/"become_exe"];
    /// Arguments for that program.
    become_flags: Option<String>, ["ANSIBLE_BECOME_FLAGS"], ["privilege_escalation"/"become_flags"];
    /// Whether the password to become another user with is asked for.
    become_ask_pass: bool = "no", ["ANSIBLE_BECOME_ASK_PASS"], ["privilege_escalation"/"become_ask_pass"];
    /// The file with the password to become another user with.
    become_password_file: Option<PathBuf>, ["ANSIBLE_BECOME_PASSWORD_FILE"], ["defaults"/"become_password_file"];
    /// Whether to become another user even when it is the same.
    become_allow_same_user: bool = "no", ["ANSIBLE_BECOME_ALLOW_SAME_USER"], ["privilege_escalation"/"become_allow_same_user"];

    /// Whether the password of the vault is asked for.
    ask_vault_pass: bool = "no", ["ANSIBLE_ASK_VAULT_PASS"], ["defaults"/"ask_vault_pass"];
    /// The file with the password of the vault, or the program that prints it.
    vault_password_file: Option<PathBuf>, ["ANSIBLE_VAULT_PASSWORD_FILE"], ["defaults"/"vault_password_file"];
    /// Vault identities, each `label@source`.
    vault_identity_list: Vec<String>, ["ANSIBLE_VAULT_IDENTITY_LIST"], ["defaults"/"vault_identity_list"];
    /// The label of passwords that have none.
    vault_identity: String = "default", ["ANSIBLE_VAULT_IDENTITY"], ["defaults"/"vault_identity"];
    /// Whether only the password of the same label is tried.
    vault_id_match: bool = "no", ["ANSIBLE_VAULT_ID_MATCH"], ["defaults"/"vault_id_match"];
    /// The label to encrypt with.
    vault_encrypt_identity: Option<String>, ["ANSIBLE_VAULT_ENCRYPT_IDENTITY"], ["defaults"/"vault_encrypt_identity"];
    /// The salt to encrypt with; otherwise a random one.
    vault_encrypt_salt: Option<String>, ["ANSIBLE_VAULT_ENCRYPT_SALT"], ["defaults"/"vault_encrypt_salt"];

    /// What is done where a text looks like a template, but does not come from the user: `ignore` or `warning`.
    untrusted_templates: String = "ignore", ["_ANSIBLE_TEMPLAR_UNTRUSTED_TEMPLATE_BEHAVIOR"], [];
    /// The output on the terminal.
    stdout_callback: Callback = "default", ["ANSIBLE_STDOUT_CALLBACK"], ["defaults"/"stdout_callback"];
    /// Further outputs.
    callbacks_enabled: Vec<String>, ["ANSIBLE_CALLBACKS_ENABLED"], ["defaults"/"callbacks_enabled"];
    /// Whether `ansible` uses the output of `stdout_callback` instead of its own.
    bin_ansible_callbacks: bool = "no", ["ANSIBLE_LOAD_CALLBACK_PLUGINS"], ["defaults"/"bin_ansible_callbacks"];
    /// Whether the output `ansible` shows skipped hosts.
    display_skipped_hosts: bool = "yes", ["ANSIBLE_DISPLAY_SKIPPED_HOSTS"], ["defaults"/"display_skipped_hosts"];
    /// Whether the output `ansible` shows hosts where nothing changed.
    display_ok_hosts: bool = "yes", ["ANSIBLE_DISPLAY_OK_HOSTS"], ["defaults"/"display_ok_hosts"];
    /// Of what modules in Python give tracebacks: `error`, `always` or `never`.
    display_traceback: Vec<String> = "never", ["ANSIBLE_DISPLAY_TRACEBACK"], ["defaults"/"display_traceback"];
    /// Whether failures go to standard error.
    display_failed_stderr: bool = "no", ["ANSIBLE_DISPLAY_FAILED_STDERR"], ["defaults"/"display_failed_stderr"];
    /// Whether arguments stand beside the names of tasks.
    display_args_to_stdout: bool = "no", ["ANSIBLE_DISPLAY_ARGS_TO_STDOUT"], ["defaults"/"display_args_to_stdout"];
    /// Whether `set_stats` shows after the recap.
    show_custom_stats: bool = "no", ["ANSIBLE_SHOW_CUSTOM_STATS"], ["defaults"/"show_custom_stats"];
    /// Whether the start of a task is shown for each host.
    show_per_host_start: bool = "no", ["ANSIBLE_SHOW_PER_HOST_START"], ["defaults"/"show_per_host_start"];
    /// Whether check mode shows in the names of tasks.
    check_mode_markers: bool = "no", ["ANSIBLE_CHECK_MODE_MARKERS"], ["defaults"/"check_mode_markers"];
    /// Whether the place of a failed task is shown.
    show_task_path_on_failure: bool = "no", ["ANSIBLE_SHOW_TASK_PATH_ON_FAILURE"], ["defaults"/"show_task_path_on_failure"];
    /// How results are shown.
    callback_result_format: ResultFormat = "json", ["ANSIBLE_CALLBACK_RESULT_FORMAT"], ["defaults"/"callback_result_format"];
    /// Whether results are laid out for reading.
    callback_format_pretty: Option<bool>, ["ANSIBLE_CALLBACK_FORMAT_PRETTY"], ["defaults"/"callback_format_pretty"];
    /// Whether differences are always shown.
    diff_always: bool = "no", ["ANSIBLE_DIFF_ALWAYS"], ["diff"/"always"];
    /// Lines around a difference.
    diff_context: u64 = "3", ["ANSIBLE_DIFF_CONTEXT"], ["diff"/"context"];
    /// The longest file that differences are shown of, in bytes.
    max_diff_size: u64 = "104448", ["ANSIBLE_MAX_DIFF_SIZE"], ["defaults"/"max_diff_size"];
    /// How much is told.
    verbosity: u64 = "0", ["ANSIBLE_VERBOSITY"], ["defaults"/"verbosity"];
    /// Whether what `-v` adds goes to standard error.
    verbose_to_stderr: bool = "no", ["ANSIBLE_VERBOSE_TO_STDERR"], ["defaults"/"verbose_to_stderr"];
    /// Whether there are no colours.
    nocolor: bool = "no", ["ANSIBLE_NOCOLOR"], ["defaults"/"nocolor"];
    /// Whether there are colours even where there is no terminal.
    force_color: bool = "no", ["ANSIBLE_FORCE_COLOR"], ["defaults"/"force_color"];
    /// Taken for Ansible's sake; baton has no cows.
    nocows: bool = "no", ["ANSIBLE_NOCOWS"], ["defaults"/"nocows"];
    /// The file that everything shown is written to.
    log_path: Option<PathBuf>, ["ANSIBLE_LOG_PATH"], ["defaults"/"log_path"];
    /// How much is told in that file, where it is more than is shown.
    log_verbosity: Option<u64>, ["ANSIBLE_LOG_VERBOSITY"], ["defaults"/"log_verbosity"];
    /// Whether it is said that something will go away.
    deprecation_warnings: bool = "yes", ["ANSIBLE_DEPRECATION_WARNINGS"], ["defaults"/"deprecation_warnings"];
    /// Whether problems of this machine are said.
    system_warnings: bool = "yes", ["ANSIBLE_SYSTEM_WARNINGS"], ["defaults"/"system_warnings"];
    /// Whether warnings of tasks are shown.
    action_warnings: bool = "yes", ["ANSIBLE_ACTION_WARNINGS"], ["defaults"/"action_warnings"];

    /// Taken for Ansible's sake; servers that its tools may get collections from.
    galaxy_server_list: Vec<String>, ["ANSIBLE_GALAXY_SERVER_LIST"], ["galaxy"/"server_list"];
    /// Whether the hosts that failed are written to a file.
    retry_files_enabled: bool = "no", ["ANSIBLE_RETRY_FILES_ENABLED"], ["defaults"/"retry_files_enabled"];
    /// Where that file goes.
    retry_files_save_path: Option<PathBuf>, ["ANSIBLE_RETRY_FILES_SAVE_PATH"], ["defaults"/"retry_files_save_path"];
    /// How facts are kept from run to run: `memory` is not at all.
    fact_caching: String = "memory", ["ANSIBLE_CACHE_PLUGIN"], ["defaults"/"fact_caching"];
    /// Where facts are kept.
    fact_caching_connection: Option<PathBuf>, ["ANSIBLE_CACHE_PLUGIN_CONNECTION"], ["defaults"/"fact_caching_connection"];
    /// What names of kept facts begin with.
    fact_caching_prefix: String = "ansible_facts", ["ANSIBLE_CACHE_PLUGIN_PREFIX"], ["defaults"/"fact_caching_prefix"];
    /// Seconds that kept facts are good for.
    fact_caching_timeout: u64 = "86400", ["ANSIBLE_CACHE_PLUGIN_TIMEOUT"], ["defaults"/"fact_caching_timeout"];

    /// Colour of what changed.
    color_changed: String = "yellow", ["ANSIBLE_COLOR_CHANGED"], ["colors"/"changed"];
    /// Colour of what was as it should be.
    color_ok: String = "green", ["ANSIBLE_COLOR_OK"], ["colors"/"ok"];
    /// Colour of what was skipped.
    color_skip: String = "cyan", ["ANSIBLE_COLOR_SKIP"], ["colors"/"skip"];
    /// Colour of what was included.
    color_included: String = "cyan", ["ANSIBLE_COLOR_INCLUDED"], ["colors"/"included"];
    /// Colour of failures.
    color_error: String = "red", ["ANSIBLE_COLOR_ERROR"], ["colors"/"error"];
    /// Colour of hosts that could not be reached.
    color_unreachable: String = "bright red", ["ANSIBLE_COLOR_UNREACHABLE"], ["colors"/"unreachable"];
    /// Colour of warnings.
    color_warn: String = "bright purple", ["ANSIBLE_COLOR_WARN"], ["colors"/"warn"];
    /// Colour of what will go away.
    color_deprecate: String = "purple", ["ANSIBLE_COLOR_DEPRECATE"], ["colors"/"deprecate"];
    /// Colour of what `-v` adds.
    color_verbose: String = "blue", ["ANSIBLE_COLOR_VERBOSE"], ["colors"/"verbose"];
    /// Colour of messages for finding faults.
    color_debug: String = "dark gray", ["ANSIBLE_COLOR_DEBUG"], ["colors"/"debug"];
    /// Colour of headings.
    color_highlight: String = "white", ["ANSIBLE_COLOR_HIGHLIGHT"], ["colors"/"highlight"];
    /// Colour of added lines.
    color_diff_add: String = "green", ["ANSIBLE_COLOR_DIFF_ADD"], ["colors"/"diff_add"];
    /// Colour of removed lines.
    color_diff_remove: String = "red", ["ANSIBLE_COLOR_DIFF_REMOVE"], ["colors"/"diff_remove"];
    /// Colour of line numbers in differences.
    color_diff_lines: String = "cyan", ["ANSIBLE_COLOR_DIFF_LINES"], ["colors"/"diff_lines"];
}
