// Small helpers for the page's elements.

/**
 * Finds the one element that a selector is about.
 *
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} selector
 * @param {ParentNode} [parent]
 * @returns {T}
 */
export function find(selector, parent = document) {
  const found = parent.querySelector(selector);
  if (found === null) throw new Error(`The page has no element ${selector}`);
  return /** @type {T} */ (found);
}

/**
 * Creates an element.
 *
 * @param {string} tag
 * @param {Readonly<Record<string, string>>} attributes
 * @param {...(Node | string)} children
 */
export function create(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/**
 * Gives an element these children. Those that are alike stay as they are, with what somebody has selected or opened in
 * them, and screen readers read out what is new.
 *
 * @param {Element} element
 * @param {...(Node | string)} children
 */
export function update(element, ...children) {
  const old = [...element.childNodes];
  for (const [index, child] of [...create('div', {}, ...children).childNodes].entries()) {
    const before = old[index];
    if (before === undefined) element.append(child);
    else if (!before.isEqualNode(child)) before.replaceWith(child);
  }
  for (const rest of old.slice(children.length)) rest.remove();
}
