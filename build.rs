//! What the machine that builds can do for the binary: relocations packed into a hundredth of their size (0.5 MB of a
//! static, position-independent executable), where C library and linker both know that form.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is =
        |name: &str, value: &str| std::env::var(name).is_ok_and(|is| is.split(',').any(|word| word == value));
    if is("CARGO_CFG_TARGET_OS", "linux") && !is("CARGO_CFG_TARGET_FEATURE", "crt-static") {
        println!(
            "cargo::warning=this binary is not static: a `RUSTFLAGS` of the environment replaces those of .cargo/config.toml"
        );
    } else if libc_reads_packed_relocations() && said_by("ld", "--help").contains("pack-relative-relocs") {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
    // Functions that came out the same are kept once, and those alike stand beside each other, which packs better, where
    // the linker is one that can: Rust's own for this machine.
    let linked_by_lld = is("CARGO_CFG_TARGET_ARCH", "x86_64") && is("CARGO_CFG_TARGET_ENV", "gnu");
    if linked_by_lld && is("CARGO_CFG_TARGET_OS", "linux") && is("PROFILE", "release") {
        println!("cargo::rustc-link-arg-bins=-Wl,--icf=all,--bp-compression-sort=function");
    }
}

/// glibc relocates itself from that form since 2.36; an older one would crash at the start.
fn libc_reads_packed_relocations() -> bool {
    let said = said_by("getconf", "GNU_LIBC_VERSION");
    let version = said.trim().strip_prefix("glibc ").and_then(|version| version.split_once('.'));
    let number = |text: &str| text.split('.').next().and_then(|text| text.parse().ok()).unwrap_or(0_u32);
    version.is_some_and(|(major, minor)| (number(major), number(minor)) >= (2, 36))
}

/// What a program prints; nothing where there is none.
fn said_by(program: &str, argument: &str) -> String {
    let output = Command::new(program).arg(argument).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
}
