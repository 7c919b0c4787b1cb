/* Payments Ltd, checkout 3.4.1: the script that the checkout page loads, as it was reviewed. */
(function () {
  "use strict";
  var place = document.getElementById("payment");
  if (!place) return;
  var frame = document.createElement("iframe");
  frame.title = "Payment";
  frame.src = "https://js.payments.example/v3/form?order=" + encodeURIComponent(place.dataset.order);
  place.replaceChildren(frame);
})();
