//! The words that options of the module take.

use crate::choices;

choices! {
    /// What becomes of a container.
    pub enum State {
        /// Not there.
        Absent = "absent",
        /// There, running or not.
        Present = "present",
        /// There, running, and well as far as its test of health tells.
        Healthy = "healthy",
        /// There and running.
        Started = "started",
        /// There and not running.
        Stopped = "stopped",
    }
}

choices! {
    /// When an image is pulled.
    pub enum Pull {
        /// Never.
        Never = "never",
        /// When it is not there.
        Missing = "missing" | "no" | "false",
        /// Always; what is the newest already stays.
        Always = "always" | "yes" | "true",
    }
}

choices! {
    /// What check mode says of an image that is to be pulled always.
    pub enum PullCheck {
        /// Nothing, if it is there.
        ImageNotPresent = "image_not_present",
        /// That it would be pulled.
        Always = "always",
    }
}

choices! {
    /// Which image counts.
    pub enum ImageComparison {
        /// The one that is wanted.
        Desired = "desired-image",
        /// The one that the container has.
        Current = "current-image",
    }
}

choices! {
    /// What becomes of labels of the image.
    pub enum LabelMismatch {
        /// They stay.
        Ignore = "ignore",
        /// They are a failure.
        Fail = "fail",
    }
}

choices! {
    /// What becomes of a container whose image has another name.
    pub enum NameMismatch {
        /// It stays.
        Ignore = "ignore",
        /// It is made anew.
        Recreate = "recreate",
    }
}

choices! {
    /// How commands are taken.
    pub enum CommandHandling {
        /// As they are.
        Correct = "correct",
        /// Joined and split again.
        Compatibility = "compatibility",
    }
}

choices! {
    /// What options that are not given are.
    pub enum Defaults {
        /// What Ansible 2.9 took: not interactive, not privileged, without limit of memory and so on.
        Compatibility = "compatibility",
        /// Left to the engine.
        NoDefaults = "no_defaults",
    }
}
