// What the server is asked.

/** The server did not do it; `faults` says what is wrong with what was given. */
export class Refused extends Error {
  constructor(message, faults) {
    super(message);
    this.faults = faults ?? [];
  }
}

async function ask(method, path, body, signal) {
  let response;
  try {
    response = await fetch(`/api/${path}`, {
      method,
      signal,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused("The demo's server does not answer. Is `coopwright demo` still running?");
  }
  if (response.ok) return response;
  const told = await response.json().catch(() => ({}));
  throw new Refused(told.error ?? told.faults?.[0]?.message ?? `The server answers ${response.status}.`, told.faults);
}

const json = async (...given) => (await ask(...given)).json();
const id = encodeURIComponent;

export const lessons = async () => (await json("GET", "lessons")).lessons;
export const lesson = (name) => json("GET", `lessons/${id(name)}`);
export const exercises = async () => (await json("GET", "exercises")).exercises;
export const exercise = (name) => json("GET", `exercises/${id(name)}`);
export const predict = (body, signal) => json("POST", "predict", body, signal);
export const scenario = async (state) => (await ask("POST", "scenario", { playground: state })).text();
export const prepare = (body, signal) => json("POST", "runs", body, signal);
export const events = (token) => new EventSource(`/api/runs/${id(token)}/events`);

/** Gives a run up; also while the page goes. Whether the server still knew it does not matter. */
export const drop = (token) => {
  fetch(`/api/runs/${id(token)}`, { method: "DELETE", keepalive: true }).catch(() => {});
};
