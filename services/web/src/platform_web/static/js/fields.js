// Errors at their fields, before anything is sent. What is wrong is in the page's own words (data-wrong).

export function checkInPlace(form) {
  form.addEventListener("submit", (event) => {
    const wrong = findWrong(form);
    if (wrong.length === 0) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    wrong[0].focus();
  });
  // Not when a field is left: what appears then would push the button from under the finger that presses it.
  form.addEventListener("input", ({ target }) => {
    if (target.getAttribute("aria-invalid")) show(target);
  });
}

// Show every error of a form, and return the controls that are wrong.
export function findWrong(form) {
  return Array.from(form.querySelectorAll("input[data-wrong]")).filter((control) => !show(control));
}

function words({ validity, dataset }) {
  // A number field that holds something else is not empty, although it is reported as missing as well.
  if (validity.valueMissing && !validity.badInput && dataset.empty) return dataset.empty;
  return (validity.tooShort && dataset.short) || dataset.wrong;
}

// Show or clear the error of a control, and say whether it is right.
function show(control) {
  const right = control.checkValidity();
  const error = document.getElementById(`${control.id}-error`);
  error.textContent = right ? "" : words(control);
  error.hidden = right;
  control.closest(".field")?.classList.toggle("field-wrong", !right);
  if (right) control.removeAttribute("aria-invalid");
  else control.setAttribute("aria-invalid", "true");
  return right;
}
