//! Standard output, as commands write it: the one way to do so, since `println!` panics where nobody reads any more.

use std::{
    fmt,
    io::{self, Write},
    process,
};

/// The exit status of a process that a closed pipe has ended, as shells have it: 128 and the number of SIGPIPE.
const PIPE_CLOSED: i32 = 141;

/// Writes a line to standard output, as `format!` takes it.
macro_rules! say {
    ($($text:tt)*) => {
        $crate::output::line(format_args!($($text)*))
    };
}
pub(crate) use say;

/// Writes a line to standard output; see [`Output`].
///
/// # Errors
/// Where it takes no more, though somebody reads it: a full disk, say.
pub fn line(text: fmt::Arguments<'_>) -> io::Result<()> {
    let mut output = Output;
    writeln!(output, "{text}")?;
    output.flush()
}

/// Standard output. Where nobody reads it any more, as with `| head`, the process ends there and then without a word.
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
