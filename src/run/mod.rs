//! A run: every host walks the plan with a cursor of its own; what happens is sent as
//! events. One host's failure never ends another's work except by the play's own rules.

mod cursor;
