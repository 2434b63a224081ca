//! Sorting. The standard library brings its whole algorithm for each kind of element, 0.3 MB of the binary in all; here
//! positions are sorted, which is one kind, and the elements follow.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// Stable sorts of slices.
pub trait Sorting<T> {
    /// By their own order.
    fn put_in_order(&mut self)
    where
        T: Ord;

    /// By what is said of two of them.
    fn order_by(&mut self, compare: impl FnMut(&T, &T) -> Ordering);

    /// By what each of them gives, which is asked anew for each comparison.
    fn order_by_key<K: Ord>(&mut self, key: impl FnMut(&T) -> K);
}

impl<T> Sorting<T> for [T] {
    fn put_in_order(&mut self)
    where
        T: Ord,
    {
        self.order_by(T::cmp);
    }

    fn order_by(&mut self, mut compare: impl FnMut(&T, &T) -> Ordering) {
        let mut order = positions(self.len(), &mut |a, b| compare(&self[a], &self[b]));
        move_along(&mut order, &mut |a, b| self.swap(a, b));
    }

    fn order_by_key<K: Ord>(&mut self, mut key: impl FnMut(&T) -> K) {
        self.order_by(|a, b| key(a).cmp(&key(b)));
    }
}

/// Trees of what an iterator gives. `collect` would sort it all before, with a sort of its own for each place in the text.
pub trait Trees: Iterator + Sized {
    /// Of keys and values; the last of a key counts.
    fn to_map<K: Ord, V>(self) -> BTreeMap<K, V>
    where
        Self: Iterator<Item = (K, V)>,
    {
        let mut map = BTreeMap::new();
        map.extend(self);
        map
    }

    /// Of each once.
    fn to_set(self) -> BTreeSet<Self::Item>
    where
        Self::Item: Ord,
    {
        let mut set = BTreeSet::new();
        set.extend(self);
        set
    }
}

impl<I: Iterator> Trees for I {}

/// Where each place's element is found: runs of 1, 2, 4 … are merged.
fn positions(count: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    // The standard library's sort panics where an order contradicts itself, as one of numbers and texts may.
    let mut order: Vec<usize> = (0..count).collect();
    let mut merged = order.clone();
    let mut run = 1;
    while run < count {
        for start in (0..count).step_by(2 * run) {
            let (middle, end) = ((start + run).min(count), (start + 2 * run).min(count));
            let (mut left, mut right) = (start, middle);
            for place in &mut merged[start..end] {
                let later =
                    right < end && (left == middle || compare(order[right], order[left]) == Ordering::Less);
                let from = if later { &mut right } else { &mut left };
                *place = order[*from];
                *from += 1;
            }
        }
        std::mem::swap(&mut order, &mut merged);
        run *= 2;
    }
    order
}

/// Brings the elements to their places, one cycle after the other.
fn move_along(order: &mut [usize], swap: &mut dyn FnMut(usize, usize)) {
    for start in 0..order.len() {
        let mut place = start;
        loop {
            let from = std::mem::replace(&mut order[place], place);
            if from == start || from == place {
                break;
            }
            swap(place, from);
            place = from;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_come_out_as_the_standard_library_sorts_them() {
        let mut state = 7u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 24
        };
        for length in [0, 1, 2, 3, 20, 21, 1000] {
            let elements: Vec<(u32, usize)> = (0..length).map(|at| (next() % 16, at)).collect();
            let (mut ours, mut theirs) = (elements.clone(), elements);
            ours.order_by_key(|(key, _)| *key);
            theirs.sort_by_key(|(key, _)| *key);
            assert_eq!(ours, theirs, "equal ones keep their order");
            ours.order_by(|a, b| b.cmp(a));
            theirs.sort_by(|a, b| b.cmp(a));
            assert_eq!(ours, theirs);
            ours.put_in_order();
            theirs.sort();
            assert_eq!(ours, theirs);
        }
    }
    #[test]
    fn an_order_that_contradicts_itself_leaves_all_elements_there() {
        let mut elements: Vec<u32> = (0..1000).collect();
        let mut turn = 0u32;
        elements.order_by(|_, _| {
            turn = turn.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if turn >> 31 == 0 { Ordering::Less } else { Ordering::Greater }
        });
        elements.put_in_order();
        assert_eq!(elements, (0..1000).collect::<Vec<u32>>());
    }
}
