/** The form of index.html. */
import { call } from "./web-phone.js";

const form = document.querySelector("form");
const { dial, end } = form.elements;
const loudspeaker = new Audio();
loudspeaker.autoplay = true;

form.addEventListener("submit", (event) => {
	event.preventDefault();
	const { proxy, user, password, number, raw } = Object.fromEntries(new FormData(form));
	dial.disabled = true;
	end.disabled = false;
	const { hangUp } = call({
		proxy,
		user,
		password,
		number,
		// Without echo cancellation, noise suppression and gain control: for music, and to compare what comes out.
		microphone: raw && { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
		loudspeaker,
		onChange: (state, detail) => {
			form.querySelector("output").textContent = `${state} ${detail}`;
			if (state !== "ended" && state !== "failed") return;
			dial.disabled = false;
			end.disabled = true;
		},
	});
	end.onclick = hangUp;
});
