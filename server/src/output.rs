//! Standard output of commands. They write only through this module, since `println!` panics if the pipe is closed.

use std::{
    fmt,
    io::{self, Write},
    process,
};

/// The exit status after a closed pipe, as shells report it: 128 plus the number of SIGPIPE.
const PIPE_CLOSED: i32 = 141;

/// Writes a line to standard output, with arguments as for `format!`.
macro_rules! say {
    ($($text:tt)*) => {
        $crate::output::line(format_args!($($text)*))
    };
}
pub(crate) use say;

/// Writes a line to standard output; see [`Output`].
///
/// # Errors
/// If it can't be written though its reader is still there: if the disk is full, for example.
pub fn line(text: fmt::Arguments<'_>) -> io::Result<()> {
    let mut output = Output;
    writeln!(output, "{text}")?;
    output.flush()
}

/// Standard output. If its reader has gone, as with `| head`, the process ends at once without a message.
#[derive(Debug, Clone, Copy)]
pub struct Output;

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        ended_by_pipe(io::stdout().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        ended_by_pipe(io::stdout().flush())
    }
}

fn ended_by_pipe<T>(written: io::Result<T>) -> io::Result<T> {
    if written.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe) {
        process::exit(PIPE_CLOSED);
    }
    written
}
