//! What happens in a run: a closed enum, owned and serialisable, secrets already
//! hidden. Outputs and the log read it; `Stats` is a fold over it.
