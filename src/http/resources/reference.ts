import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";

/**
 * What the library's page leaves out: without a viewport a phone shows it at the width of a desk, and its dark colours
 * stand in its style sheet but wait for a class.
 */
const SCREEN_SCRIPT = `
const viewport = document.createElement("meta");
viewport.name = "viewport";
viewport.content = "width=device-width, initial-scale=1";
document.head.append(viewport);
const dark = matchMedia("(prefers-color-scheme: dark)");
const paint = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", paint);
paint();
`;

/** The browsable reference at `/docs`; every file of it is served from here, nothing comes from elsewhere. */
export function serveReference(app: FastifyInstance, document: object): void {
	// What is tried out on the page goes to where the page came from, by whatever name it was called: other hosts are
	// closed to it by its own policy.
	const shown = { ...document, servers: [{ url: "/", description: "This platform" }] };
	app.register(swagger, { mode: "static", specification: { document: shown as never } });
	app.register(swaggerUi, {
		routePrefix: "/docs",
		uiConfig: {
			// Without the bar on top, which invites to load descriptions from elsewhere.
			layout: "BaseLayout",
			validatorUrl: null,
			docExpansion: "list",
			defaultModelsExpandDepth: 0,
			deepLinking: true,
			persistAuthorization: false,
		},
		theme: { title: "Afterbeep API", js: [{ filename: "screen.js", content: SCREEN_SCRIPT }] },
		// The page styles itself inline and draws its icons from data URLs; scripts come from files only.
		staticCSP: {
			"default-src": ["'self'"],
			"style-src": ["'self'", "'unsafe-inline'"],
			"img-src": ["'self'", "data:"],
			"object-src": ["'none'"],
			"base-uri": ["'none'"],
			"frame-ancestors": ["'none'"],
		},
	});
}
