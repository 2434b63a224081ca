//! What baton does as a whole: every test starts the program and looks at what it says and does.

mod cases;
mod check;
mod command_line;
mod debugger;
mod inventories;
mod layers;
mod mistakes;
mod outputs;
mod precedence;
mod runs;
mod stepping;
mod test;
