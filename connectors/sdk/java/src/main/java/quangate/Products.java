// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

import java.util.Map;

/** client.products(). */
public final class Products {
    final Core core;

    Products(Core core) { this.core = core; }

    /** List products: limit, category, tag. */
    public Iterable<Product> list(Map<String, String> said) {
        return core.pages("/v1/products", "Product", Product::of, said);
    }

    /** List products. */
    public Iterable<Product> list() {
        return list(Map.of());
    }

    /** Read a product: buyer. */
    public Product get(String sku, Map<String, String> said) {
        return core.call("GET", "/v1/products/" + Signing.part(sku), "Product", Product::of, said, null);
    }

    /** Read a product. */
    public Product get(String sku) {
        return get(sku, Map.of());
    }
}
