//! The parts of forms, in all states.

use crate::error::AppError;
use crate::routes;
use crate::ui::action_form::Submit;
use crate::ui::choices::Choices;
use crate::ui::copy_button::CopyButton;
use crate::ui::field::{Control, FieldProblem, FormField, LabelAround, Problems};
use crate::ui::icon::Icon;
use crate::ui::password::Password;
use crate::ui::raw_text::TextArea;
use crate::ui::search_box::search_box;
use crate::words::Words;
use leptos::oco::Oco;
use leptos::prelude::*;

/// Returns the text as parts take it.
pub fn text(text: &'static str) -> Signal<&'static str> {
    Signal::stored(text)
}

/// A problem of the field of this id.
#[derive(Debug, Clone)]
struct Wrong;

impl Wrong {
    const ID: &str = "parts-wrong";
}

impl FieldProblem for Wrong {
    fn id(&self) -> Oco<'static, str> {
        Self::ID.into()
    }

    fn text(&self, _: Words) -> String {
        "Enter at most 80 characters.".to_owned()
    }

    fn answered(_: AppError) -> Option<Vec<Self>> {
        None
    }
}

/// Buttons of all kinds.
pub fn buttons() -> AnyView {
    let kinds = ["button", "button primary", "button danger", "button quiet", "button danger-text", "button small"];
    let button = |class: &'static str, disabled: bool| {
        view! { <button type="button" class=class disabled=disabled>{class}</button> }
    };
    view! {
        <div class="form-actions">{kinds.map(|class| button(class, false)).collect_view()}</div>
        <div class="form-actions">{kinds.map(|class| button(class, true)).collect_view()}</div>
        <div class="form-actions">
            <button type="button" class="button" aria-busy="true">"Busy"</button>
            <a class="button" href=routes::PARTS>"A link"</a>
            <button type="button" class="icon-button" aria-label="Close">{Icon::Close.view()}</button>
            <CopyButton text=Signal::stored("copied".to_owned()) label=Signal::stored("Copy the example".to_owned())/>
            <Submit pending=Signal::stored(false) label=text("Save")/>
            <Submit pending=Signal::stored(true) label=text("Save") busy=text("Saving…")/>
        </div>
    }
    .into_any()
}

/// Fields with and without hint and problem.
pub fn fields() -> AnyView {
    let (plain, optional) = (Control::new("parts-plain"), Control::new("parts-optional"));
    let problems = Problems::<Wrong>::new();
    let wrong = problems.control(Wrong::ID);
    Effect::new(move |_| problems.show(vec![Wrong]));
    let typed = RwSignal::new(String::new());
    view! {
        <FormField control=plain.clone() label=text("With a hint") hint=text("Up to 100 characters.")>
            <input type="text" value="A text" {..plain.attributes()}/>
        </FormField>
        <FormField control=optional.clone() label=text("Optional") optional=true>
            <input type="text" {..optional.attributes()}/>
        </FormField>
        <FormField control=wrong.clone() label=text("With a problem")>
            <input type="text" value="Too long" {..wrong.attributes()}/>
        </FormField>
        <LabelAround label=text("Disabled")>
            <input type="text" value="A text" disabled/>
        </LabelAround>
        <LabelAround label=text("Select")>
            <select>
                <option>"One"</option>
                <option>"Another"</option>
            </select>
        </LabelAround>
        <LabelAround label=text("Password")>
            <Password>
                <input type="password" value="secret" autocomplete="off"/>
            </Password>
        </LabelAround>
        <label class="label" for="parts-area">"Several lines"</label>
        <TextArea
            id="parts-area"
            name="area"
            value="One line\nand another".to_owned()
            rows="3"
            described_by=""
            invalid=Signal::stored(false)
        />
        {search_box("search", text("Search"), typed, move |event| typed.set(event_target_value(&event)))}
    }
    .into_any()
}

/// Radio buttons, switches and boxes to tick.
pub fn choices() -> AnyView {
    let chosen = RwSignal::new("one");
    let switch = |checked: bool, disabled: bool| {
        view! {
            <label class="choice">
                <input type="checkbox" role="switch" checked=checked disabled=disabled/>
                <span>"Switch"</span>
            </label>
        }
    };
    view! {
        <Choices
            name="parts-choice"
            legend=text("One of several")
            hint=text("A hint below the choices.")
            options=vec![("one", text("One")), ("another", text("Another"))]
            chosen=chosen
            on_choose=Callback::new(move |value: &'static str| chosen.set(value))
        />
        {switch(false, false)}
        {switch(true, false)}
        {switch(true, true)}
        <label class="choice">
            <input type="checkbox" checked=true/>
            <span>"Checkbox"</span>
        </label>
    }
    .into_any()
}
