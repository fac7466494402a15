// A program as a front end or a source would write it; the tests run it against a running platform.
import assert from "node:assert/strict";

import { CrmError, createClient, everything, unwrap, type Schemas } from "../src/index.js";

const { CRM_URL: url = "http://localhost:8000", CRM_KEY: apiKey = "", CRM_TENANT: tenant = "" } = process.env;
const crm = createClient({ url, apiKey, tenant });

const me = await unwrap(crm.GET("/api/v1/me"));
assert(me.scopes.includes("crm:read"));

const made: Schemas["Customer"] = await unwrap(
  crm.POST("/api/v1/customers", { body: { firstName: "Sipho", lastName: "Dlamini", tags: ["guest"] } }),
);
const changed = await unwrap(
  crm.PATCH("/api/v1/customers/{customerId}", {
    params: { path: { customerId: made.id } },
    body: { tags: ["vip"] },
  }),
);
assert.deepEqual(changed.tags, ["vip"]);

const names: string[] = [];
for await (const customer of everything((cursor) =>
  crm.GET("/api/v1/customers", { params: { query: { take: 1, ...(cursor ? { cursor } : {}) } } }),
)) {
  names.push(customer.displayName);
}
assert(names.includes("Sipho Dlamini"));
assert(names.length > 1);

const verdict = await unwrap(
  crm.POST("/api/v1/events", {
    body: {
      id: "payment.received:p-2",
      type: "scl.payment.received",
      timestamp: "2026-03-01T08:15:00+02:00",
      tenantId: tenant,
      payload: { id: "p-2", memberId: 4711, amountCents: 150000, currency: "ZAR" },
    },
  }),
);
assert.equal(verdict.accepted, 1);

await assert.rejects(
  unwrap(crm.PATCH("/api/v1/customers/{customerId}", {
    params: { path: { customerId: made.id } },
    body: { dateOfBirth: "2999-01-01" },
  })),
  (error) => error instanceof CrmError && error.status === 422 && error.details[0]?.field === "dateOfBirth",
);

// @ts-expect-error There is no such path.
await crm.GET("/api/v1/customer");
// @ts-expect-error A note needs its words.
await crm.POST("/api/v1/customers/{customerId}/notes", { params: { path: { customerId: made.id } }, body: {} });

console.log(`${me.name}: ${names.length} customers`);
