import type { FastifyInstance, FastifyReply } from "fastify";

/** Headers of every answer. Pages that need more (the reference) set their own policy over it. */
export function secureHeaders(app: FastifyInstance, publicUrl: string): void {
	const encrypted = publicUrl.startsWith("https:");
	app.addHook("onRequest", async (request, reply) => {
		setSecureHeaders(reply, request.id);
		if (encrypted) reply.header("strict-transport-security", "max-age=31536000");
	});
}

/** @param requestId the one correlation between an answer and the log; the contract's bodies have no place for it. */
export function setSecureHeaders(reply: FastifyReply, requestId: string): void {
	reply.headers({
		"x-request-id": requestId,
		"x-content-type-options": "nosniff",
		"x-frame-options": "DENY",
		"referrer-policy": "no-referrer",
		"cross-origin-resource-policy": "same-origin",
		"content-security-policy": "default-src 'none'; frame-ancestors 'none'",
		// Answers hold tokens and people's data.
		"cache-control": "no-store",
	});
}
