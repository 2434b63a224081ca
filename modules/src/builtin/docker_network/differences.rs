//! A network beside what is wanted, and what makes a new one.

use serde_json::{Map, Value, json};

use super::{DockerNetwork, Ipam};

/// A property, what it is, and what it is to be.
type Difference = (String, Value, Value);

impl DockerNetwork {
    /// What makes the network.
    pub(super) fn body(&self) -> Value {
        let mut body = json!({
            "Name": self.name, "Driver": self.driver, "Options": self.driver_options, "Labels": self.labels,
            "CheckDuplicate": true,
        });
        for (_, key, wanted, _) in self.single() {
            body[key] = wanted;
        }
        if let Some(network) = &self.config_from {
            body["ConfigFrom"] = json!({"Network": network});
        }
        let ranges: Vec<Value> = self.ipam_config.iter().flatten().map(range).collect();
        if !ranges.is_empty() || self.ipam_driver.is_some() || self.ipam_driver_options.is_some() {
            body["IPAM"] = json!({
                "Driver": self.ipam_driver.as_deref().unwrap_or("default"), "Config": ranges,
                "Options": self.ipam_driver_options,
            });
        }
        body
    }

    /// Options of one value that are given: name, the engine's key, what is wanted, what stands for nothing.
    fn single(&self) -> Vec<(&'static str, &'static str, Value, Value)> {
        let is =
            |name, key, wanted: Option<bool>| wanted.map(|wanted| (name, key, wanted.into(), false.into()));
        let scope = self.scope.map(|scope| ("scope", "Scope", scope.as_str().into(), Value::Null));
        let all = [
            is("config_only", "ConfigOnly", self.config_only),
            is("enable_ipv4", "EnableIPv4", self.enable_ipv4),
            is("enable_ipv6", "EnableIPv6", self.enable_ipv6),
            is("internal", "Internal", self.internal),
            is("attachable", "Attachable", self.attachable),
            is("ingress", "Ingress", self.ingress),
            scope,
        ];
        all.into_iter().flatten().collect()
    }

    /// What is not as wanted; what is not said may be anything.
    pub(super) fn differences(&self, network: &Value) -> Vec<Difference> {
        let mut all = Vec::new();
        let mut compare = |name: &str, now: &Value, wanted: Value| {
            if *now != wanted {
                all.push((name.to_owned(), now.clone(), wanted));
            }
        };
        for (name, key, wanted, nothing) in self.single() {
            compare(name, network.get(key).unwrap_or(&nothing), wanted);
        }
        if let Some(from) = &self.config_from {
            compare("config_from", &network["ConfigFrom"]["Network"], from.as_str().into());
        }
        compare("driver", &network["Driver"], self.driver.as_str().into());
        for (option, key, wanted) in
            [("driver_options", "Options", &self.driver_options), ("labels", "Labels", &self.labels)]
        {
            for (name, value) in wanted {
                compare(&format!("{option}.{name}"), &network[key][name], value.clone());
            }
        }
        let ipam = &network["IPAM"];
        if let Some(driver) = &self.ipam_driver {
            compare("ipam_driver", &ipam["Driver"], driver.as_str().into());
        }
        if let Some(options) = &self.ipam_driver_options {
            let now = if ipam["Options"].is_null() { json!({}) } else { ipam["Options"].clone() };
            compare("ipam_driver_options", &now, options.clone().into());
        }
        let ranges = ipam["Config"].as_array().map(Vec::as_slice).unwrap_or_default();
        for (index, wanted) in self.ipam_config.iter().flatten().enumerate() {
            let wanted = range(wanted);
            let entries = || wanted.as_object().into_iter().flatten();
            let fits = |now: &&Value| entries().all(|(key, value)| now[key] == *value);
            if !ranges.iter().any(|now| fits(&now)) {
                let now = ranges.get(index).unwrap_or(&Value::Null);
                for (key, value) in entries() {
                    compare(&format!("ipam_config[{index}].{}", option(key)), &now[key], value.clone());
                }
            }
        }
        all
    }
}

/// The option of a key of the engine.
fn option(key: &str) -> &'static str {
    match key {
        "Subnet" => "subnet",
        "IPRange" => "iprange",
        "Gateway" => "gateway",
        _ => "aux_addresses",
    }
}

/// A range of addresses as the engine takes it.
fn range(of: &Ipam) -> Value {
    let text = |text: &Option<String>| text.as_deref().map(Value::from);
    let others = of.aux_addresses.clone().map(Value::from);
    let parts = [
        ("Subnet", text(&of.subnet)),
        ("IPRange", text(&of.iprange)),
        ("Gateway", text(&of.gateway)),
        ("AuxiliaryAddresses", others),
    ];
    let given = parts.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Value::Object(given.collect::<Map<_, _>>())
}
