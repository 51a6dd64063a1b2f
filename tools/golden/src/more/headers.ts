import type { Case } from "../recording.ts";

const ACCEPTED = [
  "application/json;q=0",
  "application/json;q=0, */*",
  "text/html, */*;q=0.1",
  "text/html",
  "application/vnd.kafka+json",
  "application/*",
  "*/json",
  "*",
  "application",
  "text/plain, application/json",
  "application/json,",
  "application/json;charset=utf-8",
  "APPLICATION/JSON",
  "a/b/c",
  ",",
  ";q=1",
  "text/plain;q=x",
  "",
];

const SENT = [
  "application/json;charset=utf-8",
  "application/json; charset=bogus",
  "application/json;",
  "application/json;charset",
  "APPLICATION/JSON",
  "*/*",
  "*/json",
  "application/*",
  "application",
  "application/vnd.api+json",
  "application/merge-patch+json",
  "application/json, text/plain",
  "text/plain",
  "text/json",
  "multipart/form-data; boundary=x",
  "",
  null,
];

/** Each with a body where the method has one, and without. */
const ENDPOINTS = [
  ["POST", "/connectors"],
  ["PUT", "/connectors/nope/config"],
  ["PATCH", "/connectors/nope/config"],
  ["PUT", "/connectors/nope/pause"],
  ["POST", "/connectors/nope/restart"],
  ["PATCH", "/connectors/nope/offsets"],
  ["DELETE", "/connectors/nope/offsets"],
  ["DELETE", "/connectors/nope"],
  ["PUT", "/connector-plugins/FileStreamSource/config/validate"],
  ["PUT", "/admin/loggers/some.logger"],
  ["GET", "/connectors/nope"],
] as const;

/** What clients may take and send. */
export const HEADERS: readonly Case[] = [
  ...ACCEPTED.flatMap((accept): Case[] => [
    { name: `accept ${accept}`, method: "GET", path: "/", headers: { Accept: accept } },
    {
      name: `accept of a bad request ${accept}`,
      method: "POST",
      path: "/connectors",
      headers: { Accept: accept },
      body: "{",
    },
    { name: `accept of 404 ${accept}`, method: "GET", path: "/nope", headers: { Accept: accept } },
    {
      name: `accept of options ${accept}`,
      method: "OPTIONS",
      path: "/connectors",
      headers: { Accept: accept },
    },
  ]),
  ...SENT.flatMap((type) =>
    ENDPOINTS.flatMap(([method, path]): Case[] => [
      {
        name: `type ${type} of ${method} ${path} with a body`,
        method,
        path,
        headers: { "Content-Type": type },
        body: "{}",
      },
      {
        name: `type ${type} of ${method} ${path} without`,
        method,
        path,
        headers: { "Content-Type": type },
      },
    ]),
  ),
  {
    name: "an encoding of the body that is not known",
    method: "POST",
    path: "/connectors",
    headers: { "Content-Type": "application/json", "Content-Encoding": "bogus" },
    body: {},
  },
  { name: "an expectation", method: "GET", path: "/connectors", headers: { Expect: "bogus" } },
  {
    name: "another host",
    method: "GET",
    path: "/connectors",
    headers: { Host: "elsewhere.example:99" },
  },
  {
    name: "an origin that nobody asked for",
    method: "GET",
    path: "/connectors",
    headers: { Origin: "http://a.example" },
  },
  {
    name: "a language and a cookie",
    method: "GET",
    path: "/connectors",
    headers: { "Accept-Language": "de", Cookie: "a=b", "If-None-Match": "*" },
  },
];
