//! A field of a form: its label, hint and problem around its control, and the problems of a whole form.

use crate::error::AppError;
use crate::i18n::use_i18n;
use crate::ui::focus;
use crate::ui::reactive::t_signal;
use crate::words::Words;
use leptos::attr::Attribute;
use leptos::oco::Oco;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use wasm_bindgen::JsCast;

/// A problem of one field of a form, as the domain's rules find it.
pub trait FieldProblem: Clone + Send + Sync + 'static {
    /// Returns the id of the field's control, which takes the focus.
    fn id(&self) -> Oco<'static, str>;

    /// Returns the message beside the field.
    fn text(&self, i18n: Words) -> String;

    /// Returns the problems that the server has answered with, or `None` if it answered with another error.
    fn answered(error: AppError) -> Option<Vec<Self>>;
}

/// A form's current problems.
pub struct Problems<P: 'static>(RwSignal<Vec<P>>);

impl<P> Clone for Problems<P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P> Copy for Problems<P> {}

impl<P: FieldProblem> Problems<P> {
    /// Returns an empty list.
    pub fn new() -> Self {
        Self(RwSignal::new(Vec::new()))
    }

    /// Returns the problems that the action is answered with. A browser without our wasm returns with them.
    pub fn of<F>(action: ServerAction<F>) -> Self
    where
        F: ServerFn<Error = AppError> + Clone + Send + Sync + 'static,
        F::Output: Clone + Send + Sync + 'static,
    {
        let found = move || action.value().get().and_then(Result::err).and_then(P::answered);
        let problems = Self(RwSignal::new(untrack(found).unwrap_or_default()));
        Effect::new(move |_| {
            if let Some(found) = found() {
                problems.show(found);
            }
        });
        problems
    }

    /// Shows these problems beside their fields, and moves the focus to the first one's.
    pub fn show(self, found: Vec<P>) {
        if let Some(first) = found.first() {
            focus_id(&first.id());
        }
        self.0.set(found);
    }

    /// Returns the error to show beside the form's button: that fields have problems, or else this one.
    pub fn or(self, error: Signal<Option<AppError>>) -> Signal<Option<AppError>> {
        Signal::derive(
            move || {
                if self.0.with(Vec::is_empty) { error.get() } else { Some(AppError::Invalid(Vec::new())) }
            },
        )
    }

    /// Removes all problems, if the form is still open.
    pub fn clear(self) {
        self.0.try_set(Vec::new());
    }

    /// Returns the messages of all problems of the control of this id.
    pub fn texts(self, id: &'static str) -> Signal<Vec<String>> {
        let i18n = use_i18n();
        let texts = move |found: &Vec<P>| {
            found.iter().filter(|problem| problem.id() == id).map(|problem| problem.text(i18n)).collect()
        };
        Signal::derive(move || self.0.with(texts))
    }

    /// Returns the control of this id, with its problem.
    pub fn control(self, id: impl Into<Oco<'static, str>>) -> Control {
        let (i18n, id) = (use_i18n(), id.into());
        let of = id.clone();
        let text = move |found: &Vec<P>| found.iter().find(|problem| problem.id() == of).map(|it| it.text(i18n));
        Control { id, problem: Some(Signal::derive(move || self.0.with(&text))) }
    }
}

/// A field's control: its id, and the field's problem.
#[derive(Clone)]
pub struct Control {
    id: Oco<'static, str>,
    problem: Option<Signal<Option<String>>>,
}

impl Control {
    /// Returns a control that has no problems of its own: an error of its form is shown beside the button.
    pub fn new(id: &'static str) -> Self {
        Self { id: id.into(), problem: None }
    }

    /// Returns the attributes of the element.
    pub fn attributes(&self) -> impl Attribute + use<> {
        let problem = self.problem;
        let invalid = move || problem.map(|problem| problem.with(Option::is_some).to_string());
        view! { <{..} id=self.id.clone() aria-describedby=self.described_by() aria-invalid=invalid/> }
    }

    /// Returns the ids of the elements that describe the field: its hint, then its problem.
    pub fn described_by(&self) -> String {
        let Self { id, problem } = self;
        if problem.is_some() { format!("{id}-hint {id}-error") } else { format!("{id}-hint") }
    }

    /// Returns whether the field has a problem.
    pub fn invalid(&self) -> Signal<bool> {
        let problem = self.problem;
        Signal::derive(move || problem.is_some_and(|problem| problem.with(Option::is_some)))
    }

    /// Returns the element with the field's problem.
    pub fn problem_view(&self) -> impl IntoView + use<> {
        let id = self.id.clone();
        self.problem.map(|problem| view! { <p class="problem" id=format!("{id}-error")>{problem}</p> })
    }
}

/// Label, hint and problem around a field's control, which has [`Control::attributes`].
#[component]
pub fn FormField(
    control: Control,
    #[prop(into)] label: Signal<&'static str>,
    #[prop(optional, into)] hint: Option<Signal<String>>,
    /// Whether the field may stay empty, which its label then says. Left out in forms without such fields.
    #[prop(optional)]
    optional: Option<bool>,
    children: Children,
) -> impl IntoView {
    let i18n = use_i18n();
    let id = control.id.clone();
    let label = match optional {
        None => view! { <label class="label" for=id.clone()>{label}</label> }.into_any(),
        Some(optional) => view! {
            <label for=id.clone()>
                <span class="label">{label}</span>
                {optional.then(|| view! { <span class="optional">{t_signal!(i18n, optional)}</span> })}
            </label>
        }
        .into_any(),
    };
    view! {
        <div class="field">
            {label}
            <p class="hint" id=format!("{id}-hint")>{hint}</p>
            {children()}
            {control.problem_view()}
        </div>
    }
}

/// A label around its control, which needs no id then.
#[component]
pub fn LabelAround(label: Signal<&'static str>, children: Children) -> impl IntoView {
    view! {
        <label class="field">
            <span class="label">{label}</span>
            {children()}
        </label>
    }
}

/// Moves the focus to the element of this id, once the page shows it, and brings its problem into view.
pub fn focus_id(id: &str) {
    let id = id.to_owned();
    request_animation_frame(move || {
        let element = document().get_element_by_id(&id);
        if let Some(element) = element.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
            _ = element.focus();
        }
        // A group of controls may be taller than the window, and its problem stands above them.
        if let Some(problem) = document().get_element_by_id(&format!("{id}-error")) {
            focus::bring_into_view(&problem);
        }
    });
}
