// The build under test: the release build or, with BUILD=debug, the debug build that `make dev-build` leaves.

/** Whether it is the debug build. */
export const debug = process.env['BUILD'] === 'debug';

/** The server's path, relative to `end2end`. */
export const program = debug ? '../target/debug/kagitaba' : '../target/release/kagitaba';

/** The packed frontend of the same build. */
export const site = debug ? '../target/dev/site' : '../target/site';
