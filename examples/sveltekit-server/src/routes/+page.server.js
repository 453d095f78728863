export const load = () => ({ asked: new Date().toISOString() });

export const actions = {
	default: async ({ request }) => {
		const form = await request.formData();
		return { name: String(form.get('name')) };
	}
};
