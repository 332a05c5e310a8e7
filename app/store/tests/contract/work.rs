//! Work that takes several transactions.

use crate::test_store::TestStore;

#[tokio::test]
async fn work_is_unfinished_from_begin_to_finish_across_restarts() {
    let test = TestStore::new().await;
    let unfinished = async |name| test.store.work().is_unfinished(name).await.unwrap();
    assert!(!unfinished("demo").await);
    for _ in 0..2 {
        test.store.work().begin("demo").await.unwrap();
        assert!(test.reopened().await.work().is_unfinished("demo").await.unwrap());
        assert!(!unfinished("other").await);
    }
    for _ in 0..2 {
        test.store.work().finish("demo").await.unwrap();
        assert!(!unfinished("demo").await);
    }
}
