"""Addresses of the demo shop, which anybody may visit, and of the demo itself."""

from django.urls import path

from sojourn.apps.demo import shop_views, views

urlpatterns = [
    path("demo/", views.demo, name="demo"),
    path("demo/state/", views.demo_state, name="demo_state"),
    path("demo/start/", views.demo_start, name="demo_start"),
    path("demo/stop/", views.demo_stop, name="demo_stop"),
    path("demo/rate/", views.demo_rate, name="demo_rate"),
    path("demo/restore/", views.demo_restore, name="demo_restore"),
    path("demo/remove/", views.demo_remove, name="demo_remove"),
    path("demo-shop/", shop_views.shelf, name="shop"),
    path("demo-shop/c/<slug:category>/", shop_views.shelf, name="shop_category"),
    path("demo-shop/p/<slug:product>/", shop_views.product, name="shop_product"),
    path("demo-shop/cart/", shop_views.cart, name="shop_cart"),
    path("demo-shop/checkout/", shop_views.checkout, {"step": "account"}, name="shop_checkout"),
    path("demo-shop/checkout/<slug:step>/", shop_views.checkout, name="shop_step"),
    path("demo-shop/thank-you/", shop_views.thanks, name="shop_thanks"),
    path("demo-shop/returns/", shop_views.returns, name="shop_returns"),
    path("demo-shop/shipping-and-delivery/", shop_views.delivery, name="shop_delivery"),
]
