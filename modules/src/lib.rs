//! The built-in modules of baton: all that runs on a target. No templates,
//! no variables, no inventory: a call comes in, a reply goes out.

pub mod args;
pub mod background;
pub mod bootstrap;
pub mod builtin;
pub mod checksum;
mod compose;
mod content;
#[cfg(test)]
mod conventions;
pub mod docker;
pub mod encoding;
pub mod execution;
pub mod files;
pub mod kubernetes;
mod module;
pub mod own;
pub mod packages;
pub mod pattern;
mod run;
pub mod serve;
pub mod services;
pub mod sorting;
pub mod target;
#[cfg(test)]
mod testing;
pub mod users;
pub mod web;
pub mod wire;
mod words;
pub mod yaml;

pub use module::{Entry, Module};
pub use run::{run_call, run_call_under};
pub use target::{Command, Fail, Hands, Made, Output, Side, Target};

use builtin::*;

/// Every module that runs on a target; adding one is a line here and a file.
#[rustfmt::skip]
pub const MODULES: &[Entry] = &[
    Entry::of::<apt::Apt>(),
    Entry::of::<assemble::Assemble>(),
    Entry::of::<async_status::AsyncStatus>(),
    Entry::of::<blockinfile::Blockinfile>(),
    Entry::of::<command::Command>(),
    Entry::of::<copy::Copy>(),
    Entry::of::<cron::Cron>(),
    Entry::of::<current_container_facts::CurrentContainerFacts>(),
    Entry::of::<debconf::Debconf>(),
    Entry::of::<docker_build::DockerBuild>(),
    Entry::of::<docker_image::DockerImage>(),
    Entry::of::<docker_image_export::DockerImageExport>(),
    Entry::of::<docker_image_info::DockerImageInfo>(),
    Entry::of::<docker_image_load::DockerImageLoad>(),
    Entry::of::<docker_image_pull::DockerImagePull>(),
    Entry::of::<docker_image_remove::DockerImageRemove>(),
    Entry::of::<docker_image_tag::DockerImageTag>(),
    Entry::of::<docker_login::DockerLogin>(),
    Entry::of::<docker_container::DockerContainer>(),
    Entry::of::<docker_push::DockerPush>(),
    Entry::of::<docker_container_copy_into::DockerContainerCopyInto>(),
    Entry::of::<docker_container_exec::DockerContainerExec>(),
    Entry::of::<docker_container_info::DockerContainerInfo>(),
    Entry::of::<docker_host_info::DockerHostInfo>(),
    Entry::of::<docker_network::DockerNetwork>(),
    Entry::of::<docker_network_info::DockerNetworkInfo>(),
    Entry::of::<docker_prune::DockerPrune>(),
    Entry::of::<docker_volume::DockerVolume>(),
    Entry::of::<docker_volume_info::DockerVolumeInfo>(),
    Entry::of::<docker_compose::DockerCompose>(),
    Entry::of::<docker_config::DockerConfig>(),
    Entry::of::<docker_node::DockerNode>(),
    Entry::of::<docker_node_info::DockerNodeInfo>(),
    Entry::of::<docker_secret::DockerSecret>(),
    Entry::of::<docker_stack::DockerStack>(),
    Entry::of::<docker_swarm::DockerSwarm>(),
    Entry::of::<docker_swarm_info::DockerSwarmInfo>(),
    Entry::of::<docker_swarm_service::DockerSwarmService>(),
    Entry::of::<dpkg_selections::DpkgSelections>(),
    Entry::of::<fetch::Fetch>(),
    Entry::of::<file::File>(),
    Entry::of::<find::Find>(),
    Entry::of::<get_url::GetUrl>(),
    Entry::of::<getent::Getent>(),
    Entry::of::<group::Group>(),
    Entry::of::<helm::Helm>(),
    Entry::of::<helm_info::HelmInfo>(),
    Entry::of::<helm_repository::HelmRepository>(),
    Entry::of::<helm_template::HelmTemplate>(),
    Entry::of::<hostname::Hostname>(),
    Entry::of::<k8s_apply::K8sApply>(),
    Entry::of::<k8s_autoscale::K8sAutoscale>(),
    Entry::of::<k8s_cluster_info::K8sClusterInfo>(),
    Entry::of::<k8s_config_map::K8sConfigMap>(),
    Entry::of::<k8s_cp::K8sCp>(),
    Entry::of::<k8s_delete::K8sDelete>(),
    Entry::of::<k8s_deploy::K8sDeploy>(),
    Entry::of::<k8s_drain::K8sDrain>(),
    Entry::of::<k8s_exec::K8sExec>(),
    Entry::of::<k8s_info::K8sInfo>(),
    Entry::of::<k8s_job::K8sJob>(),
    Entry::of::<k8s_json_patch::K8sJsonPatch>(),
    Entry::of::<k8s_log::K8sLog>(),
    Entry::of::<k8s_port_forward::K8sPortForward>(),
    Entry::of::<k8s_prune::K8sPrune>(),
    Entry::of::<k8s_rollback::K8sRollback>(),
    Entry::of::<k8s_rollout::K8sRollout>(),
    Entry::of::<k8s_scale::K8sScale>(),
    Entry::of::<k8s_secret::K8sSecret>(),
    Entry::of::<k8s_service::K8sService>(),
    Entry::of::<k8s_taint::K8sTaint>(),
    Entry::of::<known_hosts::KnownHosts>(),
    Entry::of::<kustomize::Kustomize>(),
    Entry::of::<lineinfile::Lineinfile>(),
    Entry::of::<marathon_app::MarathonApp>(),
    Entry::of::<package::Package>(),
    Entry::of::<package_facts::PackageFacts>(),
    Entry::of::<ping::Ping>(),
    Entry::of::<pip::Pip>(),
    Entry::of::<replace::Replace>(),
    Entry::of::<script::Script>(),
    Entry::of::<service::Service>(),
    Entry::of::<service_facts::ServiceFacts>(),
    Entry::of::<setup::Setup>(),
    Entry::of::<shell::Shell>(),
    Entry::of::<slurp::Slurp>(),
    Entry::of::<stat::Stat>(),
    Entry::of::<systemd_service::SystemdService>(),
    Entry::of::<tempfile::Tempfile>(),
    Entry::of::<terraform::Terraform>(),
    Entry::of::<user::User>(),
    Entry::of::<wait_for::WaitFor>(),
];

/// Other names of modules.
const ALIASES: &[(&str, &str)] = &[
    ("docker_compose_v2", "docker_compose"),
    ("docker_image_build", "docker_build"),
    ("docker_image_push", "docker_push"),
    ("k8s", "k8s_apply"),
    ("k8s_deployment", "k8s_deploy"),
    ("k8s_kustomize", "kustomize"),
    ("systemd", "systemd_service"),
];

/// The module of a name: `copy`, `ansible.builtin.copy`, or the full name in its own collection.
pub fn find(name: &str) -> Option<&'static Entry> {
    let (collection, short) = name.rsplit_once('.').unwrap_or(("", name));
    let short = ALIASES.iter().find(|(alias, _)| *alias == short).map_or(short, |(_, name)| name);
    let entry = MODULES.iter().find(|entry| entry.spec.name == short)?;
    let known =
        ["", "ansible.builtin", "ansible.legacy"].contains(&collection) || entry.collection == collection;
    known.then_some(entry)
}
