export { acceptAnswer, answerOffer, makeOffer } from "./negotiate.ts";
