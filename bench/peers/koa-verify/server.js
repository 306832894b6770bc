// The session check of an edge as it is commonly written with Koa, jsonwebtoken and ioredis: verify the token's
// signature, look the session up, answer who it is. The same questions and the same answers as auth's /auth/verify.
//
// VERIFY_KEY=string   the secret is handed to jsonwebtoken as a string, as its README does
// VERIFY_KEY=object   a KeyObject is made of it once: the one change that matters for speed

import { createSecretKey } from "node:crypto";

import Redis from "ioredis";
import jwt from "jsonwebtoken";
import Koa from "koa";

const { JWT_SECRET, JWT_ISSUER, JWT_AUDIENCE, REDIS_URL, VERIFY_KEY, PORT } = process.env;

const key = VERIFY_KEY === "object" ? createSecretKey(Buffer.from(JWT_SECRET)) : JWT_SECRET;
const options = { algorithms: ["HS256"], issuer: JWT_ISSUER, audience: JWT_AUDIENCE };

const redis = new Redis(REDIS_URL);
const app = new Koa();

app.use(async (ctx) => {
  if (ctx.path !== "/auth/verify") {
    ctx.status = 404;
    return;
  }

  const [scheme, token] = ctx.get("authorization").split(" ");
  let claims;
  try {
    if (scheme !== "Bearer") throw new Error("no bearer token");
    claims = jwt.verify(token, key, options);
  } catch {
    ctx.status = 401;
    ctx.set("WWW-Authenticate", 'Bearer error="invalid_token"');
    return;
  }

  const record = await redis.get(`auth:session:${claims.sid}`);
  const session = record && JSON.parse(record);
  if (!session || session.member !== claims.sub) {
    ctx.status = 401;
    ctx.set("WWW-Authenticate", 'Bearer error="invalid_token"');
    return;
  }

  ctx.set("X-Auth-Subject", claims.sub);
  ctx.set("X-Auth-Session", claims.sid);
  ctx.set("X-Auth-Roles", claims.roles.join(","));
  ctx.set("Authorization", `Bearer ${token}`);
  ctx.set("Cache-Control", "no-store");
  ctx.status = 200;
  ctx.body = "";
});

redis.once("ready", () => {
  const server = app.listen(Number(PORT), "127.0.0.1", () => {
    console.log(`listening on ${server.address().port}`);
  });
});
