export { AfterbeepError, type ClientOptions, createCaller, type OperationFacts } from "./caller.ts";
