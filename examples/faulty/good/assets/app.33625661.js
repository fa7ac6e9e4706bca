const total = document.querySelector('#total');
const version = document.querySelector('#version');
const inCart = new Map();

const show = (cart) => {
  total.textContent = `€ ${cart.total.toFixed(2)}`;
  for (const { id, quantity } of cart.items) inCart.set(id, quantity);
};

const add = async (id) => {
  const quantity = (inCart.get(id) ?? 0) + 1;
  const response = await fetch('/cart', { method: 'POST', body: JSON.stringify({ id, quantity }) });
  if (response.ok) show(await response.json());
};

document.addEventListener('click', ({ target }) => {
  if (target.dataset?.product) void add(target.dataset.product);
});
new EventSource('/events').addEventListener('message', ({ data }) => {
  version.textContent = JSON.parse(data).version;
});
show(await (await fetch('/cart')).json());
