// Random queries of react-querybuilder with the SQL of its own formatter: one JSON line each. `known` is the same with
// two truth values: a comparison with something unknown is false.
// node react_querybuilder.mjs COUNT SEED > tests/data/react_querybuilder.jsonl (needs the package @react-querybuilder/core)
import { defaultRuleProcessorSQL, formatQuery, joinWith } from "@react-querybuilder/core";

const [count, seed] = process.argv.slice(2).map(Number);
let state = seed;
const dice = () => {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const pick = (all) => all[Math.floor(dice() * all.length)];

const WORDS = ["Gold", "gold", "Gold, weekday", "Silver", "Ann", "an", "O'Brien", "né", "Ürün", "old", "李", "007", " Ann"];
const NUMBERS = ["-3", "-2.5", "0", "1", "2", "17", "18", "30", "30.1", "100", "5000"];
const DAYS = ["2026-02-28", "2026-03-28", "2026-03-29", "2026-03-30", "2000-02-29", "1984-10-25", "2028-02-29", "2026-10-25"];
const ORDER = ["=", "!=", "<", ">", "<=", ">=", "in", "notIn", "between", "notBetween", "null", "notNull"];
const WRITING = ["contains", "beginsWith", "endsWith", "doesNotContain", "doesNotBeginWith", "doesNotEndWith"];
const TEXT = ["=", "!=", "in", "notIn", "null", "notNull", ...WRITING];
const STATUS = ["ACTIVE", "PENDING", "SUSPENDED", "LAPSED"];
const FIELDS = [
  ["firstName", TEXT, WORDS], ["lastName", TEXT, WORDS], ["membershipTier", TEXT, WORDS],
  ["membershipStatus", ["=", "!=", "in", "notIn", "null", "notNull"], STATUS],
  ["handicap", ORDER, NUMBERS], ["engagementScore", ORDER, NUMBERS], ["lifetimeValue", ORDER, NUMBERS],
  ["sclMemberId", ORDER, ["1", "17", "100"]],
  ["memberSince", ORDER, DAYS], ["membershipExpiry", ORDER, DAYS], ["dateOfBirth", ORDER, DAYS],
  ["lastBookingAt", ORDER, DAYS], ["emailOptIn", ["=", "!="], [true, false]],
];

let ids = 0;
function rule() {
  const [field, operators, values] = pick(FIELDS);
  const operator = pick(operators);
  const base = { id: `r${++ids}`, field, operator, valueSource: "value" };
  if (operator === "null" || operator === "notNull") return { ...base, value: pick(["", null, "left over"]) };
  if (operator === "in" || operator === "notIn") {
    const several = [pick(values), pick(values), pick(values)].slice(0, 1 + Math.floor(dice() * 3));
    return { ...base, value: dice() < 0.5 ? joinWith(several, pick([",", ", "])) : several };
  }
  if (operator === "between" || operator === "notBetween") {
    const pair = [pick(values), pick(values)].sort((a, b) => (Number(a) || 0) - (Number(b) || 0) || (a < b ? -1 : 1));
    return { ...base, value: dice() < 0.5 ? joinWith(pair) : pair };
  }
  if (dice() < 0.04) return { ...base, muted: true, value: pick(values) };
  if (dice() < 0.03) return { ...base, field: "~", value: "" };
  return { ...base, value: pick(values) };
}

function group(depth, negates, words) {
  const size = dice() < 0.05 ? 0 : 1 + Math.floor(dice() * 4);
  const rules = [];
  for (let n = 0; n < size; n++) {
    if (words && n) rules.push(pick(["and", "or"]));
    rules.push(depth && dice() < 0.35 ? group(depth - 1, negates, words) : rule());
  }
  const not = negates && dice() < 0.3;
  const joined = words ? {} : { combinator: pick(["and", "or"]) };
  return { id: `g${++ids}`, ...joined, rules, not, ...(dice() < 0.05 ? { muted: true } : {}) };
}

for (let n = 0; n < count; n++) {
  const negates = dice() < 0.5;
  const query = group(1 + Math.floor(dice() * 3), negates, dice() < 0.25);
  const ruleProcessor = (rule, options) => {
    const sql = defaultRuleProcessorSQL(rule, options);
    return sql && `coalesce(${sql}, false)`;
  };
  const known = formatQuery(query, { format: "sql", ruleProcessor });
  console.log(JSON.stringify({ query, sql: formatQuery(query, "sql"), known }));
}
