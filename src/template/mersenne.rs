//! The Mersenne twister, seeded and drawn from as Python does: a seed gives the same
//! numbers on every controller, whichever tool it runs.

use sha2::{Digest, Sha512};

const SIZE: usize = 624;

/// Python's `random.Random`.
pub(crate) struct Mersenne {
    state: [u32; SIZE],
    at: usize,
}

impl Mersenne {
    /// Seeded with a text.
    pub(crate) fn from_text(seed: &str) -> Self {
        let mut bytes = seed.as_bytes().to_vec();
        bytes.extend(Sha512::digest(seed.as_bytes()));
        Self::from_bytes(&bytes)
    }

    /// Seeded with a whole number.
    pub(crate) fn from_int(seed: i128) -> Self {
        Self::from_bytes(&seed.unsigned_abs().to_be_bytes())
    }

    /// Seeded with the number these bytes are, the highest first.
    fn from_bytes(bytes: &[u8]) -> Self {
        let mut key: Vec<u32> = bytes
            .rchunks(4)
            .map(|chunk| chunk.iter().fold(0, |word, byte| word << 8 | u32::from(*byte)))
            .collect();
        while key.len() > 1 && key.last() == Some(&0) {
            key.pop();
        }
        Self::from_key(&key)
    }

    fn from_key(key: &[u32]) -> Self {
        let mut state = [0u32; SIZE];
        state[0] = 19_650_218;
        for i in 1..SIZE {
            let last = state[i - 1];
            state[i] = 1_812_433_253u32.wrapping_mul(last ^ (last >> 30)).wrapping_add(i as u32);
        }
        let (mut i, mut j) = (1, 0);
        let step = |i: &mut usize, state: &mut [u32; SIZE]| {
            *i += 1;
            if *i >= SIZE {
                state[0] = state[SIZE - 1];
                *i = 1;
            }
        };
        for _ in 0..SIZE.max(key.len()) {
            let last = state[i - 1];
            state[i] = (state[i] ^ (last ^ (last >> 30)).wrapping_mul(1_664_525))
                .wrapping_add(key[j])
                .wrapping_add(j as u32);
            step(&mut i, &mut state);
            j = (j + 1) % key.len();
        }
        for _ in 0..SIZE - 1 {
            let last = state[i - 1];
            state[i] = (state[i] ^ (last ^ (last >> 30)).wrapping_mul(1_566_083_941)).wrapping_sub(i as u32);
            step(&mut i, &mut state);
        }
        state[0] = 0x8000_0000;
        Self { state, at: SIZE }
    }

    fn refill(&mut self) {
        for i in 0..SIZE {
            let word = (self.state[i] & 0x8000_0000) | (self.state[(i + 1) % SIZE] & 0x7fff_ffff);
            let twist = if word & 1 == 1 { 0x9908_b0df } else { 0 };
            self.state[i] = self.state[(i + 397) % SIZE] ^ (word >> 1) ^ twist;
        }
        self.at = 0;
    }

    fn word(&mut self) -> u32 {
        if self.at >= SIZE {
            self.refill();
        }
        let mut word = self.state[self.at];
        self.at += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    fn bits(&mut self, mut count: u32) -> u128 {
        let (mut value, mut shift) = (0u128, 0);
        while count > 0 {
            let taken = count.min(32);
            value |= u128::from(self.word() >> (32 - taken)) << shift;
            shift += 32;
            count -= taken;
        }
        value
    }

    /// A number less than `limit`, which is not 0.
    pub(crate) fn below(&mut self, limit: u128) -> u128 {
        let count = 128 - limit.leading_zeros();
        loop {
            let value = self.bits(count);
            if value < limit {
                return value;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_pythons_numbers() {
        let mut random = Mersenne::from_text("x");
        assert_eq!(random.below(100), 80);
        assert_eq!(Mersenne::from_text("x").below(3) + 1, 3);
    }
}
