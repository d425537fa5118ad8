// temporary
extension DeliveryReceipt { var reference: [UInt8]? { nil } }
