// The API reference: renders the contract, which has one operation, as one HTML page without scripts.
import {
  type Contract,
  defaultUrlOf,
  type Example,
  type Field,
  type Operation,
  type Response,
  type Server,
} from './contract.ts';
import { html, type Markup, markdown } from './html.ts';
import { joinCodes, renderMember, renderMembers } from './members.ts';

/** A program that calls the operation. */
export interface Sample {
  readonly language: string;
  readonly source: string;
}

/**
 * Renders the whole page. Each error code is the id of its part of the page, so that a link can lead there.
 *
 * @param samples - the first one is shown, the others can be opened
 */
export function renderReference(contract: Contract, samples: readonly Sample[] = []): string {
  const [[path, methods]] = Object.entries(contract.paths) as [[string, Contract['paths'][string]]];
  const [[method, operation]] = Object.entries(methods) as [[string, Operation]];
  const { info, servers, components, 'x-client-actions': actions } = contract;
  return html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>${info.title}: API reference</title>
  <link rel="icon" href="/~local/icon.svg" type="image/svg+xml">
  <link rel="preload" href="/~local/inter.woff2" as="font" type="font/woff2" crossorigin>
  <link rel="preload" href="/~local/jetbrains-mono.woff2" as="font" type="font/woff2" crossorigin>
  <link rel="stylesheet" href="/~local/base.css">
  <link rel="stylesheet" href="/~local/reference.css">
</head>
<body>
  <a class="skip" href="#content">Skip to the reference</a>
  <header class="bar">
    <a class="brand" href="/"><img src="/~local/icon.svg" alt="" width="24" height="24"> ${info.title}</a>
    <nav aria-label="Pages">
      <a href="/">Try it</a>
      <a href="/~local/reference" aria-current="page">API reference</a>
    </nav>
  </header>
  <div class="columns">
    <nav class="contents" aria-label="Contents">${renderContents(Object.keys(operation.responses))}</nav>
    <main id="content" tabindex="-1">
      ${renderIntroduction(contract, operation)}
      <section class="row" id="operation">
        <div class="prose">
          <h2>${operation.summary}</h2>
          ${operation.deprecated && renderDeprecation()}
          ${markdown(operation.description)}
        </div>
        <div class="side">
          <h3 class="label">Request</h3>
          <pre><span class="method">${method.toUpperCase()}</span> ${defaultUrlOf(servers[0])}${path}
Authorization: Bearer &lt;access token&gt;</pre>
          <p><a class="button" href="/">Try it with a demo user</a></p>
          ${samples.map(renderSample)}
        </div>
      </section>
      <section class="row" id="parameters">
        <div class="prose">
          <h2>Parameters</h2>
          <dl class="members">${renderParameters(operation)}</dl>
        </div>
      </section>
      ${renderBody(operation)}
      <section class="answers" id="answers">
        <h2>Answers</h2>
        <p>An error has exactly one code. Open it to see the whole answer, and what a client does then.</p>
        ${Object.entries(operation.responses).map(([status, response]) => renderResponse(status, response, actions))}
      </section>
      <section class="answers" id="actions">
        <h2>What a client does then</h2>
        <dl class="members">${Object.entries(actions).map(([name, text]) => renderAction(name, text, operation))}</dl>
      </section>
      <section class="row halves">
        <details class="prose">
          <summary><h2>The error document</h2></summary>
          <div id="error">
            ${markdown(components.schemas.ErrorDocument?.description)}
            ${renderMembers(components.schemas.ErrorObject ?? {})}
          </div>
        </details>
        <details class="prose">
          <summary><h2>Headers of answers</h2></summary>
          <dl class="members" id="headers">${renderHeaders(operation)}</dl>
        </details>
      </section>
    </main>
  </div>
</body>
</html>
`.text;
}

function renderContents(statuses: readonly string[]): Markup {
  return html`<ul>
    <li><a href="#introduction">Introduction</a></li>
    <li><a href="#operation">The operation</a></li>
    <li><a href="#parameters">Parameters</a></li>
    <li><a href="#body">Body</a></li>
    <li><a href="#answers">Answers</a>
      <ul class="statuses">${statuses.map((status) => html`<li><a href="#status-${status}">${renderStatus(status)}</a></li>`)}</ul>
    </li>
    <li><a href="#actions">What a client does</a></li>
    <li><a href="#error">The error document</a></li>
    <li><a href="#headers">Headers of answers</a></li>
  </ul>`;
}

function renderIntroduction({ info, servers, tags, components }: Contract, operation: Operation): Markup {
  const schemes = Object.values(components.securitySchemes);
  return html`
      <section class="row" id="introduction">
        <div class="prose">
          <p class="eyebrow">Version ${info.version}</p>
          <h1>${info.title}</h1>
          <p class="lead">${info.summary}</p>
          ${markdown(info.description)}
        </div>
        <dl class="side facts">
          ${tags.filter(({ name }) => operation.tags.includes(name)).map(({ name, description }) => fact(name, markdown(description)))}
          ${servers.map(renderServer)}
          ${schemes.map(({ description }) => fact('Authorization', markdown(description)))}
          ${fact('Document', html`<a href="/~local/openapi.yaml">openapi.yaml</a>, licence ${info.license.name}`)}
        </dl>
      </section>`;
}

function renderServer({ url, description, variables }: Server): Markup {
  const names = Object.entries(variables).map(
    ([name, variable]) =>
      html` <code>${name}</code>: <code>${variable.default}</code>. ${variable.description}`,
  );
  return fact('Server', html`<code>${url}</code> ${description}.${names}`);
}

function fact(name: string, content: Markup): Markup {
  return html`<div><dt>${name}</dt><dd>${content}</dd></div>`;
}

function renderDeprecation(): Markup {
  return html`<p class="note"><strong>Marked as deprecated, and still served.</strong> The public API has marked this version
    so. Clients that move to a newer version call that version's path; this path answers as described here.</p>`;
}

function renderParameters({ parameters }: Operation): Markup[] {
  return parameters.map(({ name, in: place, schema, description }) =>
    renderMember(name, schema, { note: `in the ${place}`, description }),
  );
}

function renderBody({ requestBody }: Operation): Markup {
  const types = Object.keys(requestBody.content);
  const [body] = Object.values(requestBody.content);
  const examples = Object.values(body?.examples ?? {});
  return html`
      <section class="row" id="body">
        <div class="prose">
          <h2>Body</h2>
          <p>Optional, as ${joinCodes(types, ' or ')}.</p>
          ${markdown(requestBody.description)}
          ${renderMembers(body?.schema ?? {})}
        </div>
        <div class="side">
          <h3 class="label">Examples</h3>
          ${examples.map(({ summary, value }) => html`<figure><figcaption>${summary}</figcaption>${renderJson(value)}</figure>`)}
        </div>
      </section>`;
}

function renderSample({ language, source }: Sample, index: number): Markup {
  return html`
          <details${index === 0 && html` open`}>
            <summary>${language}</summary>
            <pre>${source}</pre>
          </details>`;
}

type Actions = Contract['x-client-actions'];

function renderResponse(status: string, response: Response, actions: Actions): Markup {
  const action = response['x-client-action'];
  return html`
        <section class="answer" id="status-${status}">
          <h3>${renderStatus(status)} <span>${response.description}</span></h3>
          ${action && markdown(actions[action])}
          ${listErrors(response).map(([code, example]) => renderError(code, example, actions))}
        </section>`;
}

function listErrors({ content = {} }: Response): [string, Example][] {
  return Object.values(content).flatMap(({ examples }) => Object.entries(examples));
}

/** The id is within the details, since browsers open those around the target of a link. */
function renderError(code: string, example: Example, actions: Actions): Markup {
  return html`
          <details>
            <summary><code>${code}</code> <span>${example.summary}</span></summary>
            <div id="${code}">
              ${markdown(actions[example['x-client-action']])}
              ${renderJson(example.value)}
            </div>
          </details>`;
}

function renderAction(name: string, text: string, { responses }: Operation): Markup {
  const answers = Object.entries(responses).flatMap(([status, response]) => [
    ...(response['x-client-action'] === name ? [{ id: `status-${status}`, text: status }] : []),
    ...listErrors(response).flatMap(([code, example]) =>
      example['x-client-action'] === name ? [{ id: code, text: code }] : [],
    ),
  ]);
  return html`
          <div>
            <dt><code>${name}</code></dt>
            <dd>
              ${markdown(text)}
              <p class="detail">After ${answers.map((answer, index) => html`${index > 0 && ', '}<a href="#${answer.id}"><code>${answer.text}</code></a>`)}</p>
            </dd>
          </div>`;
}

/** Lists the headers of all answers. A header with two meanings, such as `WWW-Authenticate`, is listed twice. */
function renderHeaders({ responses }: Operation): Markup[] {
  const all = new Map<
    string,
    { readonly name: string; readonly field: Field; readonly statuses: string[] }
  >();
  for (const [status, { headers }] of Object.entries(responses)) {
    for (const [name, field] of Object.entries(headers)) {
      const key = `${name} ${field.description}`;
      const entry = all.get(key) ?? { name, field, statuses: [] };
      entry.statuses.push(status);
      all.set(key, entry);
    }
  }
  const total = Object.keys(responses).length;
  return [...all.values()].map(({ name, field, statuses }) => {
    const where = statuses.length === total ? 'every answer' : statuses.join(', ');
    const { description, schema, required = false, example } = field;
    return renderMember(name, schema, {
      note: required ? where : `optional, ${where}`,
      description,
      example,
    });
  });
}

function renderStatus(status: string): Markup {
  return html`<span class="status s${status[0]}xx">${status}</span>`;
}

function renderJson(value: unknown): Markup {
  return html`<pre>${JSON.stringify(value, null, 2)}</pre>`;
}
