//! The signal that says whether our wasm runs the page: parts that need it are disabled or left out until then.

use leptos::prelude::*;

#[derive(Clone, Copy)]
struct Hydrated(Signal<bool>);

/// Provides the signal. Called once, in the browser, around the app.
#[cfg(feature = "hydrate")]
pub fn provide_hydrated(hydrated: Signal<bool>) {
    provide_context(Hydrated(hydrated));
}

/// Returns a signal that is false on the server and until the page is hydrated, and true from then on.
pub fn use_hydrated() -> Signal<bool> {
    use_context::<Hydrated>().map_or_else(|| Signal::stored(false), |hydrated| hydrated.0)
}

#[cfg(test)]
mod tests {
    use crate::sources::sources;
    use std::fs;
    use std::path::Path;

    /// The script in the page (`shell/bootstrap.js`) finds them by it, and keeps a click for our wasm.
    #[test]
    fn controls_that_wait_for_wasm_are_marked() {
        let mut found = 0;
        let others = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).into_iter();
        for path in others.filter(|path| !path.ends_with("ui/hydrated.rs")) {
            let text = fs::read_to_string(&path).unwrap();
            let lines: Vec<_> = text.lines().collect();
            for (index, line) in lines.iter().enumerate() {
                let waits = line.contains("disabled=move") && line.contains("hydrated.get()");
                if waits || line.contains("disabled=state.busy") {
                    let marked = line.contains("data-waits") || index > 0 && lines[index - 1].contains("data-waits");
                    assert!(marked, "{}:{} has no data-waits", path.display(), index + 1);
                    found += 1;
                }
            }
        }
        assert!(found > 10);
    }
}
