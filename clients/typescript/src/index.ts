import createFetchClient, { type Client, type Middleware } from "openapi-fetch";

import type { components, paths } from "./schema.js";

export type { components, operations, paths } from "./schema.js";
export type Schemas = components["schemas"];
export type CrmClient = Client<paths>;

export interface CrmOptions {
  /** Where the platform is, as in https://crm.example.com; without /api/v1. */
  url: string;
  /** A key of a service, or a token of a person; a function is asked before each call. */
  apiKey?: string;
  token?: string | (() => string | Promise<string>);
  /** The club of all calls (slug, alias or UUID); may be left out by callers of one club. */
  tenant?: string;
  fetch?: typeof globalThis.fetch;
}

/** What the platform refused, with its code for programs and the id by which we find the call. */
export class CrmError extends Error {
  readonly code: string;
  readonly requestId: string;
  readonly details: Schemas["ErrorDetail"][];

  constructor(
    readonly status: number,
    body: Partial<Schemas["ErrorBody"]>,
  ) {
    super(body.message ?? `The platform answered ${status}.`);
    this.name = "CrmError";
    this.code = body.code ?? "UNKNOWN";
    this.requestId = body.requestId ?? "";
    this.details = body.details ?? [];
  }
}

/** A client of which each call is checked against the description: path, parameters, body, answer. */
export function createClient(options: CrmOptions): CrmClient {
  const client = createFetchClient<paths>({
    baseUrl: options.url,
    ...(options.fetch ? { fetch: options.fetch } : {}),
  });
  client.use(credentials(options));
  return client;
}

function credentials({ apiKey, token, tenant }: CrmOptions): Middleware {
  return {
    async onRequest({ request }) {
      if (apiKey) request.headers.set("X-API-Key", apiKey);
      const bearer = typeof token === "function" ? await token() : token;
      if (bearer) request.headers.set("Authorization", `Bearer ${bearer}`);
      if (tenant && !request.headers.has("X-Tenant-Id")) request.headers.set("X-Tenant-Id", tenant);
      return request;
    },
  };
}

interface Answered<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** The data of an answer; throws CrmError for a refusal. */
export async function unwrap<Data>(call: Promise<Answered<Data>>): Promise<Data> {
  const { data, error, response } = await call;
  if (error !== undefined || !response.ok) {
    throw new CrmError(response.status, (error as Partial<Schemas["ErrorResponse"]> | undefined)?.error ?? {});
  }
  return data as Data;
}

interface Page<Row> {
  data: Row[];
  meta: { nextCursor?: string | null };
}

/** All rows of a list, page by page; `ask` is given the cursor, empty for the first page. */
export async function* everything<Row>(
  ask: (cursor: string | undefined) => Promise<Answered<Page<Row>>>,
): AsyncGenerator<Row> {
  let cursor: string | undefined;
  do {
    const page: Page<Row> = await unwrap(ask(cursor));
    yield* page.data;
    cursor = page.meta.nextCursor ?? undefined;
  } while (cursor);
}
