//! The Mersenne twister, seeded and drawn from as Python does.
